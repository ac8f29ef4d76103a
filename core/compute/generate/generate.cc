#include "core/compute/generate/generate.h"

#include <algorithm>

#include "core/compute/generate/model_config.h"
#include "core/compute/generate/text_tape.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

std::string place(std::size_t text, std::uint64_t position) {
  return "text " + std::to_string(text) + ", position " + std::to_string(position);
}

// The text with U+FFFD for every byte that is not UTF-8, as JSON needs it.
std::string utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    if (wire::take_code_point(text)) {
      out += before.substr(0, before.size() - text.size());
    } else {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return out;
}

TextPlan text_plan(const GenerateJob& job) {
  TextPlan out;
  out.prompts = job.prompts;
  out.max_tokens = job.parameters.max_tokens;
  out.chunk = job.parameters.chunk;
  if (job.parameters.stop) out.stop_tokens = job.model.config.stop_tokens;
  return out;
}

class GenerateProgram : public Program, public TextJob, public DisputedSteps {
 public:
  GenerateProgram(Plan plan, GenerateJob job)
      : Program(std::move(plan)),
        job_(std::move(job)),
        texts_(text_plan(job_)),
        model_(job_.model, job_.parameters.precision),
        sampler_(job_.parameters.sampling, job_.key) {}

  Result<State> start(const Engine&) const override {
    Bytes tokens, lengths;
    for (const std::vector<std::uint32_t>& prompt : texts_.prompts) {
      for (const std::uint32_t token : prompt) put_u32_le(tokens, token);
      put_u32_le(lengths, static_cast<std::uint32_t>(prompt.size()));
    }
    return State{Tensor{{DType::s32, {tokens.size() / 4}}, tokens},
                 Tensor{{DType::s32, {texts_.prompts.size()}}, lengths}};
  }

  TensorShape unit_shape(std::uint32_t) const override {
    return {DType::s32, {texts_.prompts.size(), texts_.chunk}};
  }

  Result<Added> append_step(std::uint32_t step, std::span<const State> before,
                            const Engine& engine) const override {
    CpuDecoder decoder(model_);
    return append_by(decoder, step, before, engine);
  }

  Result<Added> append_step_again(std::uint32_t step, std::span<const State> before,
                                  const State& claimed, const Engine& engine) const override {
    CpuDecoder decoder(model_);
    return append_again_by(decoder, step, before, claimed, engine);
  }

  Result<Tape> step_tape(std::uint32_t step) const override {
    return text_tape({texts_, job_.model, job_.parameters.precision, sampler_}, step);
  }

  DeviceJob device_job() const override { return {.text = this}; }
  const ModelView& model() const override { return job_.model; }
  Precision precision() const override { return job_.parameters.precision; }
  Result<Added> append_by(Decoder& decoder, std::uint32_t step, std::span<const State> before,
                          const Engine& engine) const override {
    return added(decoder, step, before, [&](Texts& texts) { return texts.run(step, engine); });
  }
  Result<Added> append_again_by(Decoder& decoder, std::uint32_t step, std::span<const State> before,
                                const State& claimed, const Engine& engine) const override {
    return added(decoder, step, before,
                 [&](Texts& texts) { return texts.run_again(step, claimed, engine); });
  }

  Result<Tensor> output_of(std::uint32_t step, const State& state) const override {
    const Result<TextState> read = read_text_state(model_.config(), plan().rows, state);
    if (!read.ok()) return read.error().in("state " + std::to_string(step));
    return choice_tensor(state, texts_.prompts.size());
  }

  Result<std::vector<Pair>> always(std::span<const State> states) const override;

  Result<std::vector<bool>> check_rows(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const OpenedStates& states,
                                       std::span<const std::uint64_t> columns,
                                       const Engine& engine) const override;

  Result<Artefact> artefact(ByteView result) const override;

 private:
  Status check_step(std::uint32_t step) const {
    if (step >= 1 && step <= plan().steps) return {};
    return fail(Code::malformed, "there is no step " + std::to_string(step));
  }

  // Runs `body` with states 1..step-1 in place, and takes out state `step`.
  template <class Body>
  Result<Added> added(Decoder& decoder, std::uint32_t step, std::span<const State> before,
                      const Body& body) const {
    Status status = check_step(step);
    if (status.ok() && before.size() + 1 != step) {
      status = fail(Code::internal, "step " + std::to_string(step) + " after " +
                                        std::to_string(before.size()) + " states");
    }
    if (!status.ok()) return status.error();
    Texts texts(texts_, decoder, sampler_, step);
    for (std::uint32_t i = 1; status.ok() && i < step; ++i) status = texts.put(i, before[i - 1]);
    if (status.ok()) status = body(texts);
    if (!status.ok()) return status.error();
    Result<State> state = texts.get(step);
    if (!state.ok()) return state.error();
    Tensor output = choice_tensor(state.value(), texts_.prompts.size());
    return Added{std::move(state).value(), std::move(output)};
  }

  Status check_shape_of_texts(const Tokens& tokens, std::vector<Pair>& ends) const;
  Result<std::string> text(ByteView result, std::size_t number) const;

  GenerateJob job_;
  TextPlan texts_;
  Transformer model_;
  Sampler sampler_;
};

Result<std::vector<Pair>> GenerateProgram::always(std::span<const State> states) const {
  if (states.size() != plan().steps) {
    return fail(Code::malformed, std::to_string(states.size()) + " states where there are " +
                                     std::to_string(plan().steps));
  }
  const std::uint64_t chunk = texts_.chunk;
  Tokens tokens(texts_, plan().steps * chunk);
  for (std::uint32_t step = 1; step <= plan().steps; ++step) {
    const Result<TextState> read = read_text_state(model_.config(), plan().rows, states[step - 1]);
    if (!read.ok()) return read.error().in("state " + std::to_string(step));
    for (std::uint64_t row = 0; row < plan().rows; ++row) {
      const std::uint64_t p = (step - 1) * chunk + row % chunk;
      tokens.token(row / chunk, p) = read.value().token[row];
      tokens.choice(row / chunk, p) = read.value().choice[row];
      if (read.value().token[row] < 0 && !is_blank(read.value(), row)) {
        return fail(Code::malformed, place(row / chunk, p) + " does not run, but is not blank");
      }
    }
  }
  std::vector<Pair> ends;
  const Status status = check_shape_of_texts(tokens, ends);
  if (!status.ok()) return status.error();
  std::ranges::sort(ends, {}, [&](const Pair& pair) { return pair.step * plan().rows + pair.row; });
  return ends;
}

Status GenerateProgram::check_shape_of_texts(const Tokens& tokens, std::vector<Pair>& ends) const {
  const std::uint64_t chunk = texts_.chunk;
  for (std::size_t text = 0; text < texts_.prompts.size(); ++text) {
    for (std::uint64_t p = 0; p < plan().steps * chunk; ++p) {
      const std::int32_t due = tokens.due(text, p), choice = tokens.choice(text, p);
      if (tokens.token(text, p) != due) {
        return fail(Code::malformed, place(text, p) + " has token " +
                                         std::to_string(tokens.token(text, p)) + " where " +
                                         std::to_string(due) + " is due");
      }
      const bool chooses = due >= 0 && p + 1 >= texts_.prompts[text].size();
      if (chooses != (choice >= 0)) {
        return fail(Code::malformed, place(text, p) + (chooses ? " has no choice"
                                                               : " has a choice it must not have"));
      }
      if (chooses && texts_.stops(static_cast<std::uint32_t>(choice)) &&
          p + 1 < texts_.positions(text)) {
        ends.push_back({static_cast<std::uint32_t>(p / chunk) + 1, text * chunk + p % chunk});
      }
    }
  }
  return {};
}

Result<std::vector<bool>> GenerateProgram::check_rows(std::uint32_t step,
                                                      std::span<const std::uint64_t> rows,
                                                      const OpenedStates& states,
                                                      std::span<const std::uint64_t> columns,
                                                      const Engine& engine) const {
  Status status = check_step(step);
  if (status.ok() && !columns.empty()) {
    status = fail(Code::malformed, "rows of a text have no columns to pick from");
  }
  for (const std::uint64_t row : rows) {
    if (status.ok() && row >= plan().rows) {
      status = fail(Code::malformed, "there is no row " + std::to_string(row));
    }
  }
  if (!status.ok()) return status.error();
  CpuDecoder decoder(model_);
  Texts texts(texts_, decoder, sampler_, step);
  for (std::uint32_t i = 1; i <= step; ++i) {
    const Result<State> state = states.whole(i);
    if (!state.ok()) return state.error();
    status = texts.put(i, state.value());
    if (!status.ok()) return status.error();
    if (i < step) continue;
    const Result<TextState> claimed = read_text_state(model_.config(), plan().rows, state.value());
    if (!claimed.ok()) return claimed.error();
    return texts.check(step, rows, claimed.value(), engine);
  }
  return fail(Code::internal, "a step without states");
}

Result<std::string> GenerateProgram::text(ByteView result, std::size_t number) const {
  std::vector<std::uint32_t> tokens;
  Reader in(result);
  for (std::uint64_t i = 0; i < result.size() / 4; ++i) {
    const std::uint32_t token = in.u32_le();
    if (i % plan().rows / texts_.chunk != number || token == UINT32_MAX) continue;
    if (token >= model_.config().vocabulary) {
      return fail(Code::malformed,
                  "the result holds token " + std::to_string(token) + ", which the model has not");
    }
    tokens.push_back(token);
  }
  if (!tokens.empty() && texts_.stops(tokens.back())) tokens.pop_back();
  return job_.decode(tokens);
}

Result<Artefact> GenerateProgram::artefact(ByteView result) const {
  if (result.size() != plan().result_bytes) {
    return fail(Code::malformed, "the result has " + std::to_string(result.size()) +
                                     " bytes where " + std::to_string(plan().result_bytes) +
                                     " are needed");
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < texts_.prompts.size(); ++i) {
    Result<std::string> decoded = text(result, i);
    if (!decoded.ok()) return decoded.error().in("text " + std::to_string(i));
    texts.push_back(std::move(decoded).value());
  }
  if (texts.size() == 1) return Artefact{"text.txt", to_bytes(as_bytes(texts[0]))};
  wire::Json list = wire::Json::array();
  for (const std::string& text : texts) list.push(utf8(text));
  return Artefact{"texts.json", to_bytes(as_bytes(list.pretty()))};
}

Status check_prompts(const GenerateJob& job) {
  const ModelConfig& c = job.model.config;
  const Status config = check_model_config(c);
  if (!config.ok()) return config.error().in("model");
  if (job.prompts.empty()) return fail(Code::malformed, "inputs: there is no prompt");
  for (std::size_t i = 0; i < job.prompts.size(); ++i) {
    const std::vector<std::uint32_t>& prompt = job.prompts[i];
    const std::string where = "prompt " + std::to_string(i);
    if (prompt.empty()) return fail(Code::malformed, where + " has no tokens");
    if (prompt.size() + job.parameters.max_tokens > c.context) {
      return fail(Code::malformed,
                  where + " has " + std::to_string(prompt.size()) + " tokens, with max_tokens " +
                      std::to_string(job.parameters.max_tokens) +
                      " more than the model's context of " + std::to_string(c.context));
    }
    for (const std::uint32_t token : prompt) {
      if (token >= c.vocabulary) {
        return fail(Code::malformed,
                    where + " has token " + std::to_string(token) + ", which the model has not");
      }
    }
  }
  return {};
}

Result<Plan> make_plan(const GenerateJob& job, const Caps& caps) {
  const ModelConfig& c = job.model.config;
  const TextPlan texts = text_plan(job);
  std::uint64_t positions = 0;
  for (std::size_t i = 0; i < texts.prompts.size(); ++i) {
    positions = std::max(positions, texts.positions(i));
  }
  const std::uint64_t steps = (positions + texts.chunk - 1) / texts.chunk;
  if (steps > kStepsMax) {
    return fail(Code::malformed, "parameters: " + std::to_string(positions) +
                                     " positions in chunks of " + std::to_string(texts.chunk) +
                                     " are " + std::to_string(steps) + " steps, more than " +
                                     std::to_string(kStepsMax) + ": raise chunk");
  }
  Plan plan;
  plan.shape = Shape::appended;
  plan.reach = Reach::history;
  plan.steps = static_cast<std::uint32_t>(steps);
  plan.rows = texts.rows();
  plan.state_shape = text_state_shape(c, plan.rows);
  plan.result_bytes = steps * plan.rows * sizeof(std::int32_t);
  const Transformer model(job.model, job.parameters.precision);
  plan.step_ops = saturating_mul(plan.rows, model.token_ops(positions - 1) + model.head_ops());
  plan.reference_cost = saturating_mul(plan.step_ops, steps);
  const Status status = check_caps(plan, caps);
  if (!status.ok()) {
    return status.error().in("a step of " + std::to_string(plan.rows) + " tokens (" +
                             std::to_string(texts.prompts.size()) + " prompts, chunk " +
                             std::to_string(texts.chunk) + ")");
  }
  const std::uint64_t history = saturating_mul(saturating_mul(steps, plan.rows), text_row_bytes(c));
  if (history > kHistoryBytesMax) {
    return fail(Code::malformed,
                "keys and values of all positions take " + std::to_string(history) + " bytes, " +
                    std::to_string(text_row_bytes(c)) + " for each token; at most " +
                    std::to_string(kHistoryBytesMax) + " are allowed");
  }
  return plan;
}

}  // namespace

Result<std::unique_ptr<Program>> make_generate_program(GenerateJob job, const Caps& caps) {
  const Status status = check_prompts(job);
  if (!status.ok()) return status.error();
  Result<Plan> plan = make_plan(job, caps);
  if (!plan.ok()) return plan.error();
  return std::unique_ptr<Program>(
      std::make_unique<GenerateProgram>(std::move(plan).value(), std::move(job)));
}

}  // namespace assay::compute::generate
