#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tests/bench/bench.h"
#include "tests/bench/plain_text.h"
#include "tests/bench/text_models.h"
#include "tests/bench/timing.h"

namespace assay::bench {
namespace {

using namespace compute::generate;
using compute::Added;
using compute::Engine;
using compute::State;

// Of the norm of the f32 logits: what rounding activations, keys and values may change; the weights
// are the same. Not an accuracy goal, but what tells a broken decoder from a rounded one. Measured:
// 16 % and 4.4 % on 12 layers of random weights, where little is averaged out, 2.7 % and 0.23 % on
// the stories. Of the 4.4 %, all but 1.0 % goes when f32 rounds V to 8 bits as the cache does.
constexpr double kDistanceMax[] = {0.25, 0.1};  // w8a8, a16w8

// One model at one precision, and tokens that go through it.
struct Subject {
  Subject(const TextModel& of, Precision as, std::size_t count)
      : model(of), precision(as), transformer(of.view, as), cache(of.view.config, count + 1) {
    SeededRandom random(count);
    for (std::size_t i = 0; i <= count; ++i) {
      tokens.push_back(static_cast<std::uint32_t>(random.below(of.view.config.vocabulary)));
    }
  }

  // The logits after the last of these tokens.
  std::vector<float> pass(KeyValues& into, std::size_t first, std::size_t count) {
    const Run run{&into, first, std::span(tokens).subspan(first, count)};
    const Transformer::Rows rows = transformer.forward(engine, std::span(&run, 1), CacheUse::fill);
    return transformer.logits(engine, std::span(rows.hidden).last(model.view.config.hidden));
  }
  std::size_t prompt() const { return tokens.size() - 1; }
  std::vector<float> prefill() { return pass(cache, 0, prompt()); }
  std::vector<float> decode() { return pass(cache, prompt(), 1); }

  Row row(const std::string& what, const std::string& peer) const {
    return {.bench = "generate",
            .name = model.name + ", " + precision_name(precision) + ": " + what,
            .peer = peer,
            .unit = "tokens/s"};
  }

  const TextModel& model;
  Precision precision;
  Engine engine{};
  Transformer transformer;
  KeyValues cache;
  std::vector<std::uint32_t> tokens;  // a prompt, and one that follows it
};

void set_tokens(Row& row, const Seconds& seconds, std::size_t ours, std::size_t theirs) {
  row.ours = static_cast<double>(ours) / seconds.ours;
  row.theirs = static_cast<double>(theirs) / seconds.theirs;
}

// The same bits when each token goes through alone.
bool prefill_is_decode(Subject& it) {
  KeyValues alone(it.model.view.config, it.prompt() + 1);
  std::vector<float> last;
  for (std::size_t p = 0; p < it.prompt(); ++p) last = it.pass(alone, p, 1);
  return last == it.prefill() && it.pass(alone, it.prompt(), 1) == it.decode();
}

// The distance of two rows of logits, as a share of the second's norm.
double distance(const std::vector<float>& ours, const std::vector<float>& theirs) {
  double apart = 0;
  double norm = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    apart += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
    norm += theirs[i] * theirs[i];
  }
  return std::sqrt(apart / norm);
}

// A row against plain f32, whose logits must be near ours.
Row against_plain(const Options& options, const Subject& it, const std::string& what,
                  const PlainText& plain, std::size_t first, std::size_t count,
                  const std::function<std::vector<float>()>& ours) {
  Row row = it.row(what, plain.name);
  options.say("generate: " + row.name);
  const std::vector<float> logits = ours();
  row.correct = std::ranges::all_of(logits, [](float x) { return std::isfinite(x); });
  if (!plain.logits) {
    row.note = "peer not installed: ./run bench installs it";
    return row;
  }
  const auto tokens = std::span(it.tokens).subspan(first, count);
  const double apart = distance(logits, plain.logits(first, tokens));
  char text[64];
  std::snprintf(text, sizeof text, "logits %.2g %% from those of f32", apart * 100);
  row.note = text;
  row.correct = row.correct && apart <= kDistanceMax[it.precision == Precision::w8a8 ? 0 : 1];
  if (!row.correct) return row;
  set_tokens(row, time_both(options, ours, [&] { plain.logits(first, tokens); }), count, count);
  return row;
}

// All states of a job, each made again as a checker does.
Result<bool> made_again(const compute::Program& program, const Engine& engine,
                        std::vector<State>& states, Bytes& result) {
  bool same = true;
  for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
    Result<Added> added = program.append_step(step, states, engine);
    if (!added.ok()) return added.error();
    const Result<Added> again =
        program.append_step_again(step, states, added.value().state, engine);
    if (!again.ok()) return again.error();
    same = same && again.value().state == added.value().state &&
           again.value().output == added.value().output;
    append(result, added.value().output.data);
    states.push_back(std::move(added).value().state);
  }
  return same;
}

// The last chunk of a text, checked in one pass, against generating it token by token.
Result<Row> checking(const Options& options, const Subject& it, const TextSize& size) {
  Row row = it.row("a chunk of " + std::to_string(size.chunk) + " checked", "generating it");
  options.say("generate: " + row.name);
  const Result<Job> job = text_job(it.model, size);
  if (!job.ok()) return job.error();
  const compute::Program& program = *job.value().program;
  std::vector<State> states;
  Bytes result;
  const Result<bool> same = made_again(program, it.engine, states, result);
  const auto plain = plain_texts(it.model, size, it.engine);
  if (!same.ok()) return same.error();
  if (!plain.ok()) return plain.error();
  row.correct = same.value() && choices(program, result) == plain.value();
  if (!row.correct) {
    row.note = same.value() ? "other choices than without a job" : "not what was generated";
    return row;
  }
  const auto before = std::span(states).first(states.size() - 1);
  const auto last = program.plan().steps;
  const Seconds seconds = time_both(
      options, [&] { (void)program.append_step_again(last, before, states.back(), it.engine); },
      [&] { (void)program.append_step(last, before, it.engine); });
  set_tokens(row, seconds, size.chunk, size.chunk);
  return row;
}

Status add_model(const Options& options, const TextModel& model, Rows& rows) {
  const std::size_t prompt = options.quick ? 24 : 128;
  for (const Precision precision : {Precision::w8a8, Precision::a16w8}) {
    Subject it(model, precision, prompt);
    if (!prefill_is_decode(it)) {
      Row row = it.row("prompt of " + std::to_string(prompt), "token by token");
      row.note = "other bits when the tokens go through one by one";
      rows.push_back(row);
      continue;
    }
    const PlainText plain = plain_text(model.view, prompt + 1);
    const std::string count = std::to_string(prompt);
    rows.push_back(against_plain(options, it, "prompt of " + count, plain, 0, prompt,
                                 [&] { return it.prefill(); }));
    rows.push_back(against_plain(options, it, "next after " + count, plain, prompt, 1,
                                 [&] { return it.decode(); }));
    Row row = it.row("prompt of " + count, "token by token");
    options.say("generate: " + row.name + ", token by token");
    row.correct = true;
    set_tokens(row,
               time_both(
                   options, [&] { it.prefill(); }, [&] { it.decode(); }),
               prompt, 1);
    rows.push_back(row);
    // As long as fills its chunks: no row of the last one is blank.
    const std::uint32_t chunk = options.quick ? 8 : 32;
    const auto begun = static_cast<std::uint32_t>(model.prompts[0].size());
    const std::uint32_t positions = (begun / chunk + 2) * chunk;
    Result<Row> checked = checking(options, it, {1, positions - begun + 1, chunk, precision});
    if (!checked.ok()) return checked.error();
    rows.push_back(std::move(checked).value());
  }
  return {};
}

}  // namespace

Result<Rows> generate(const Options& options) {
  const Result<TextModel> model = folder_model(options);
  if (!model.ok()) return model.error();
  Rows rows;
  Status status = add_model(options, model.value(), rows);
  if (status.ok()) {
    const TextModel random = random_model(large_config(options.quick), options.seed);
    status = add_model(options, random, rows);
  }
  if (!status.ok()) return status.error();
  return rows;
}

}  // namespace assay::bench
