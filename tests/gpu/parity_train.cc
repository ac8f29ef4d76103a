// Steps of train jobs through the class that the program uses, against the CPU.
#include "core/compute/cuda/train_steps.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/model.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

namespace train = compute::train;
using compute::Engine;

// A job as TrainSteps needs it, with data made up.
class MadeUp final : public train::TrainJob {
 public:
  explicit MadeUp(const train::TrainParameters& parameters)
      : parameters_(parameters), layout_(train::layout_of(parameters)) {
    Dice dice(61);
    if (parameters.model == train::ModelKind::transformer) {
      for (int i = 0; i < 4000; ++i) {
        data_.tokens.push_back(
            static_cast<std::uint16_t>(dice.below(parameters.transformer.vocab)));
      }
      return;
    }
    const std::vector<std::uint32_t>& widths = parameters.mlp.widths;
    data_.examples.count = 500;
    data_.examples.x = train::Numbers(500 * widths.front());
    data_.examples.y = train::Numbers(500 * widths.back());
    for (std::size_t i = 0; i < data_.examples.x.size(); ++i) {
      data_.examples.x.data()[i] = usual_float(dice);
    }
    for (std::size_t i = 0; i < data_.examples.y.size(); ++i) {
      data_.examples.y.data()[i] = usual_float(dice);
    }
    for (int i = 0; i < 500; ++i) {
      data_.examples.classes.push_back(static_cast<std::uint16_t>(dice.below(widths.back())));
    }
  }
  const train::TrainParameters& parameters() const override { return parameters_; }
  const std::vector<train::ParameterTensor>& layout() const override { return layout_; }
  const train::TrainData& data() const override { return data_; }
  compute::PhiloxKey key() const override { return {3, 1}; }
  Status advance_by(train::Trainer&, std::uint32_t, compute::State&, const Engine&) const override {
    return {};
  }
  Status check_state(std::uint32_t, const compute::State&, const Engine&) const override {
    return {};
  }

 private:
  train::TrainParameters parameters_;
  std::vector<train::ParameterTensor> layout_;
  train::TrainData data_;
};

// Parameters and two moments of the CPU and of the device.
struct Side {
  explicit Side(const std::vector<float>& start)
      : parameters(start), first(start.size()), second(start.size()) {}
  static std::span<std::uint8_t> bytes(std::vector<float>& x) {
    return {reinterpret_cast<std::uint8_t*>(x.data()), x.size() * sizeof(float)};
  }
  train::Moved moved(train::Optimizer kind) {
    train::Moved out{bytes(parameters), {}, {}};
    if (kind != train::Optimizer::sgd) out.first = bytes(first);
    if (kind == train::Optimizer::adam) out.second = bytes(second);
    return out;
  }
  bool operator==(const Side& other) const {
    const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    return same(parameters, other.parameters) && same(first, other.first) &&
           same(second, other.second);
  }
  std::vector<float> parameters, first, second;
};

void check_job(const Device& device, Report& report, const Engine& engine,
               const train::TrainParameters& p, const std::string& what) {
  const MadeUp job(p);
  const auto model = p.model == train::ModelKind::transformer
                         ? train::make_transformer(p, job.key(), job.data())
                         : train::make_mlp(p, job.key(), job.data());
  const train::ParameterTensor& last = job.layout().back();
  std::vector<float> start(last.offset + last.size()), gradient(start.size());
  train::draw_parameters(job.layout(), job.key(), engine, start);
  Side want(start), got(start);
  const auto steps = require(TrainSteps::open(device, job), "train");
  bool same = true;
  for (std::uint32_t step = 1; step <= p.steps; ++step) {
    const float loss = model->gradient(step, want.parameters, gradient, engine);
    const float square = compute::rx1::sum_of_squares(gradient, engine.level());
    const float on_device =
        require(steps->gradient(step, Side::bytes(got.parameters), engine), "gradient");
    const float its_square = require(steps->square(engine), "square");
    same = same && std::memcmp(&loss, &on_device, sizeof loss) == 0 &&
           std::memcmp(&square, &its_square, sizeof square) == 0;
    if (!(square <= train::kSquareMax)) break;
    train::update(p, job.layout(), step, gradient, square, want.moved(p.optimizer.kind), engine);
    require(steps->move(step, square, got.moved(p.optimizer.kind), engine), "move");
    same = same && got == want;
  }
  report.compare("train " + what, same);
}

}  // namespace

void check_train(const Device& device, Report& report, bool small) {
  const Engine engine(compute::best_cpu_level(), 8);
  train::TrainParameters p;
  p.steps = 3;
  p.batch = small ? 2 : 6;
  p.optimizer.learning_rate_ppm = 3000;
  p.optimizer.clip_norm_ppm = 500000;
  p.optimizer.weight_decay_ppm = 10000;
  p.transformer = {200, 24, 2, 6, 2, 33, 19, 10000};
  check_job(device, report, engine, p, "transformer 24 wide, adam");
  p.optimizer.kind = train::Optimizer::momentum;
  p.transformer = {256, 64, 2, 2, 2, 96, 40, 10000};
  check_job(device, report, engine, p, "transformer 64 wide, momentum");
  p.model = train::ModelKind::mlp;
  p.batch = 67;
  p.mlp.widths = {17, 40, 11, 9};
  check_job(device, report, engine, p, "mlp to classify, momentum");
  p.mlp.classify = false;
  p.optimizer.kind = train::Optimizer::sgd;
  check_job(device, report, engine, p, "mlp to regress, sgd");
  if (small) return;
  p = {};
  p.steps = 2;
  p.batch = 8;
  p.optimizer.learning_rate_ppm = 1000;
  p.transformer = {1000, 256, 3, 8, 4, 688, 128, 10000};
  check_job(device, report, engine, p, "transformer 256 wide, adam");
}

}  // namespace assay::gpu
