#include "core/compute/cuda/train_steps.h"

#include "core/compute/rx1/float_ops.h"

namespace assay::compute::cuda {

using namespace train;

Result<std::unique_ptr<TrainSteps>> TrainSteps::open(const Device& device, const TrainJob& job) {
  std::unique_ptr<TrainSteps> out(new TrainSteps(device, job));
  const ParameterTensor& last = job.layout().back();
  const std::uint64_t count = last.offset + last.size();
  out->rows_ = job.parameters().rows();
  out->room(out->parameters_, count);
  out->room(out->gradient_, count);
  out->room(out->scalar_, 1);
  const std::uint32_t all[] = {0, static_cast<std::uint32_t>(out->rows_)};
  out->upload(out->first_, all, sizeof all);
  if (job.parameters().model == ModelKind::transformer) out->place_layers();
  out->call(&ModuleTable::synchronize);
  if (!out->status_.ok()) return out->status_.error().in("train");
  return out;
}

Result<float> TrainSteps::gradient(std::uint32_t step, ByteView parameters, const Engine& engine) {
  status_ = {};
  upload(parameters_, parameters.data(), parameters.size());
  const float loss =
      job_.parameters().model == ModelKind::transformer ? transformer(step, engine) : mlp(step);
  if (!status_.ok()) return status_.error().in("train");
  return loss;
}

Result<float> TrainSteps::square(const Engine&) {
  const std::uint64_t count = parameters_.bytes() / sizeof(float);
  call(&ModuleTable::r128, gradient_.at(), count, std::uint32_t{1}, scalar_.at());
  const float square = download_one(scalar_.at());
  if (!status_.ok()) return status_.error().in("train");
  return square;
}

Status TrainSteps::move(std::uint32_t step, float square, const Moved& state, const Engine&) {
  const TrainParameters& p = job_.parameters();
  const std::span<std::uint8_t> moments[] = {state.first, state.second};
  for (int i = 0; i < 2; ++i) {
    if (!moments[i].empty()) upload(moments_[i], moments[i].data(), moments[i].size());
  }
  AdamStep how = step_of(p, step, square);
  const float decay = how.weight_decay;
  const TrainCellsOp op = p.optimizer.kind == Optimizer::adam       ? kTrainAdam
                          : p.optimizer.kind == Optimizer::momentum ? kTrainMomentum
                                                                    : kTrainSgd;
  for (const ParameterTensor& tensor : job_.layout()) {
    how.weight_decay = tensor.is_matrix() ? decay : 0.0F;
    const std::uint64_t at = tensor.offset * sizeof(float);
    TrainCellsArgs args{};
    args.x = gradient_.at() + at;
    args.out = parameters_.at() + at;
    args.y = state.first.empty() ? 0 : moments_[0].at() + at;
    args.z = state.second.empty() ? 0 : moments_[1].at() + at;
    args.rows = 1;
    args.cols = tensor.size();
    args.scale = momentum_of(p.optimizer);
    args.step = how;
    cells_op(op, args);
  }
  call(&ModuleTable::download, static_cast<void*>(state.parameters.data()), parameters_.at(),
       std::uint64_t{state.parameters.size()});
  for (int i = 0; i < 2; ++i) {
    if (moments[i].empty()) continue;
    call(&ModuleTable::download, static_cast<void*>(moments[i].data()), moments_[i].at(),
         std::uint64_t{moments[i].size()});
  }
  return status_.ok() ? status_ : status_.error().in("train");
}

DevicePtr TrainSteps::room(Buffer& buffer, std::uint64_t elements) {
  if (status_.ok()) status_ = device_.grow(buffer, elements * sizeof(float));
  return buffer.at();
}

void TrainSteps::upload(Buffer& to, const void* from, std::uint64_t bytes) {
  if (status_.ok()) status_ = device_.grow(to, bytes);
  call(&ModuleTable::upload, to.at(), from, bytes);
  call(&ModuleTable::synchronize);  // what was uploaded may go
}

float TrainSteps::download_one(DevicePtr at) {
  float out = 0;
  call(&ModuleTable::download, static_cast<void*>(&out), at, std::uint64_t{sizeof out});
  return out;
}

void TrainSteps::take(Operand& operand, DevicePtr x, std::uint64_t rows, std::uint64_t width) {
  if (status_.ok()) status_ = device_.grow(operand.q, rows * width * sizeof(std::int16_t));
  const DevicePtr scale = room(operand.scale, rows);
  const QuantizeArgs args{x, operand.q.at(), scale, rows, width, 2};
  call(&ModuleTable::quantize, &args);
}

void TrainSteps::take_transposed(Operand& operand, DevicePtr x, std::uint64_t rows,
                                 std::uint64_t columns) {
  const DevicePtr turned = room(turned_, rows * columns);
  const MoveArgs args{x, turned, {1, 1, columns, rows}, {0, 0, 1, columns}, {0, 0, rows, 1}};
  call(&ModuleTable::move, &args);
  take(operand, turned, columns, rows);
}

void TrainSteps::multiply(DevicePtr y, DevicePtr bias) {
  if (status_.ok()) status_ = gemm_.multiply(a_.limbs, b_.limbs, bias, y);
}

void TrainSteps::linear(DevicePtr x, std::uint64_t rows, DevicePtr w, std::uint64_t outputs,
                        std::uint64_t inputs, DevicePtr y, DevicePtr bias) {
  take(a_, x, rows, inputs);
  split(a_, rows, inputs);
  take(b_, w, outputs, inputs);
  split(b_, outputs, inputs);
  multiply(y, bias);
}

void TrainSteps::into(DevicePtr dy, std::uint64_t rows, DevicePtr w, std::uint64_t outputs,
                      std::uint64_t inputs, DevicePtr dx) {
  take(a_, dy, rows, outputs);
  split(a_, rows, outputs);
  take_transposed(b_, w, outputs, inputs);
  split(b_, inputs, outputs);
  multiply(dx);
}

void TrainSteps::of_weights(DevicePtr dy, DevicePtr x, std::uint64_t rows, std::uint64_t outputs,
                            std::uint64_t inputs, DevicePtr dw) {
  take_transposed(a_, dy, rows, outputs);
  split(a_, outputs, rows);
  take_transposed(b_, x, rows, inputs);
  split(b_, inputs, rows);
  multiply(dw);
}

void TrainSteps::split(Operand& operand, std::uint64_t rows, std::uint64_t width) {
  if (!status_.ok()) return;
  status_ = operand.limbs.take(device_, {operand.q.at(), operand.scale.at(), rows, width, 2});
}

void TrainSteps::column_sums(DevicePtr x, std::uint64_t rows, std::uint64_t columns,
                             DevicePtr out) {
  ASSAY_CHECK(rows == rows_, "column sums of all rows");
  const SegmentSumsArgs args{x, 0, first_.at(), 0, out, 1, columns, 0};
  call(&ModuleTable::segment_sums, &args);
}

void TrainSteps::add(DevicePtr x, DevicePtr y, DevicePtr out, std::uint64_t count) {
  const ElementwiseArgs args{kAdd, x, y, 0, out, count};
  call(&ModuleTable::elementwise, &args);
}

void TrainSteps::rows_op(TrainRowsOp op, const TrainRowsArgs& args) {
  TrainRowsArgs named = args;
  named.op = op;
  call(&ModuleTable::train_rows, &named);
}

void TrainSteps::cells_op(TrainCellsOp op, const TrainCellsArgs& args) {
  TrainCellsArgs named = args;
  named.op = op;
  call(&ModuleTable::train_cells, &named);
}

float TrainSteps::mean_loss(DevicePtr losses, std::uint64_t count, std::uint64_t divisor) {
  call(&ModuleTable::r128, losses, count, std::uint32_t{0}, scalar_.at());
  const float sum = download_one(scalar_.at());
  return rx1::canonical(rx1::div(sum, rx1::from_s32(static_cast<std::int32_t>(divisor))));
}

}  // namespace assay::compute::cuda
