// The main program of a harness where there is no libFuzzer: runs it over the corpus, then over
// seeded mutations of it, always the same ones. See fuzz.h.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <vector>

#include "core/base/file.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/replay.h"

// Of the sanitizers, where there is one.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace assay::fuzz {
namespace {

constexpr std::size_t kInputBytesMax = std::size_t{16} << 20;
constexpr double kCpuSecondsMax = 20;  // of one input; a usual one takes microseconds
constexpr std::size_t kFilesMin = 5;   // an empty corpus must not look like a clean run

// The input at work, for the handlers below: they run in a program that is broken already.
struct Running {
  ByteView input;
  char finding[128] = "";  // where the input goes
};
Running running;

void write_input() {
  const int file = ::open(running.finding, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  const ssize_t wrote = ::write(file, running.input.data(), running.input.size());
  ::close(file);
  if (wrote < 0) return;
  std::fprintf(stderr, "the input is in %s; give that name as the argument to repeat it\n",
               running.finding);
  running.finding[0] = '\0';
}
void on_death() {
  if (running.finding[0] != '\0') write_input();
}
void on_signal(int number) {
  on_death();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void run_one(ByteView input) {
  running.input = input;
  const std::clock_t before = std::clock();
  LLVMFuzzerTestOneInput(input.data(), input.size());
  const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  require(seconds < kCpuSecondsMax, "an input is judged in bounded time",
          std::to_string(seconds) + " seconds");
}

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t mutations = kHarness.mutations;
  std::vector<std::string> files;  // empty: the corpus
};

[[noreturn]] void usage(const char* program) {
  std::fprintf(stderr, "usage: %s [--seed N] [--mutations N] [FILE ...]\n", program);
  std::exit(2);
}

Options parse_options(int count, char** words) {
  Options options;
  bool mutations_given = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word != "--seed" && word != "--mutations") {
      options.files.emplace_back(word);
      continue;
    }
    if (++i == count) usage(words[0]);
    const std::string_view text = words[i];
    std::uint64_t& number = word == "--seed" ? options.seed : options.mutations;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) usage(words[0]);
    mutations_given = mutations_given || word == "--mutations";
  }
  if (!options.files.empty() && !mutations_given) options.mutations = 0;
  return options;
}

std::vector<std::string> corpus_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kHarness.corpus)) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  require(files.size() >= kFilesMin, "there is a corpus", kHarness.corpus);
  return files;
}

int run(const Options& options) {
  const std::string group = kHarness.group;
  std::vector<Bytes> corpus;
  for (const std::string& file : options.files.empty() ? corpus_files() : options.files) {
    Result<Bytes> bytes = read_file(file, kInputBytesMax);
    if (!bytes.ok()) {
      std::fprintf(stderr, "%s\n", bytes.error().what.c_str());
      return static_cast<int>(bytes.error().code);
    }
    std::snprintf(running.finding, sizeof running.finding, "finding-%s-corpus-%zu", group.c_str(),
                  corpus.size());
    corpus.push_back(std::move(bytes).value());
    run_one(corpus.back());
  }
  for (std::uint64_t i = 0; i < options.mutations; ++i) {
    std::seed_seq words{options.seed, options.seed >> 32, i, i >> 32};
    std::mt19937_64 random(words);
    const Bytes input = mutate(corpus[i % corpus.size()], corpus, random);
    std::snprintf(running.finding, sizeof running.finding, "finding-%s-%llu-%llu", group.c_str(),
                  static_cast<unsigned long long>(options.seed),
                  static_cast<unsigned long long>(i));
    run_one(input);
  }
  std::printf("%s: %zu files and %llu mutations of them (seed %llu), no finding\n", group.c_str(),
              corpus.size(), static_cast<unsigned long long>(options.mutations),
              static_cast<unsigned long long>(options.seed));
  return 0;
}

}  // namespace
}  // namespace assay::fuzz

int main(int count, char** words) {
  using namespace assay::fuzz;
  const Options options = parse_options(count, words);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(on_death);
    std::signal(SIGABRT, on_signal);
  } else {
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
      std::signal(number, on_signal);
    }
  }
  return run(options);
}
