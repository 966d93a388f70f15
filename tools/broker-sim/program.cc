// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "tools/broker-sim/death.h"
#include "tools/broker-sim/minimize.h"
#include "tools/broker-sim/regressions.h"
#include "tools/broker-sim/trace.h"
#include "tools/broker-sim/wire_capture.h"

namespace tsp::broker_sim {
namespace {

using sim::Run;
using sim::RunResult;
using sim::Verdict;

ExitCode code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Passed:
      return ExitCode::Passed;
    case Verdict::NotLive:
      return ExitCode::NotLive;
    case Verdict::Incorrect:
      break;
  }
  return ExitCode::Incorrect;
}

// How a run ended: whoever looks for the same failure with less, compares both.
struct Ending {
  ExitCode code = ExitCode::Passed;
  std::string kind;  // the invariant or demand, or what it died of

  friend bool operator==(const Ending&, const Ending&) = default;
};

// "invariant 4, durable before visible: the accept of 192.0.2.1 …": up to the second half, which differs.
std::string kind_of(const std::string& what) {
  return what.substr(0, what.find(": "));
}

struct Sums {
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::uint64_t datagrams = 0;
  Duration simulated{};
};

class Program {
 public:
  Program(CommandLine line, Plant plant) : line_(std::move(line)), plant_(std::move(plant)) {}

  ExitCode run() {
    if (!line_.regressions.empty()) return repeat_regressions();
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t runs = line_.runs.value_or(line_.seconds ? UINT64_MAX : 1);
    const bool many = runs > 1;
    if (many) std::cout << "SEED=" << line_.seed << " and on\n" << std::flush;
    ExitCode code = ExitCode::Passed;
    for (std::uint64_t i = 0; i < runs && code == ExitCode::Passed; ++i) {
      if (line_.seconds && std::chrono::steady_clock::now() - begin >= std::chrono::seconds(*line_.seconds)) break;
      code = play_one(line_.seed + i, preset_of(line_.seed + i), !many);
    }
    if (many && code == ExitCode::Passed) print_sums(std::chrono::steady_clock::now() - begin);
    return code;
  }

 private:
  [[nodiscard]] std::string preset_of(std::uint64_t seed) const {
    if (!line_.mix) return line_.preset;
    // Every second one is of the most general kind.
    constexpr std::size_t kOthers = sim::kPresets.size() - 1;
    return std::string(seed % 2 == 0 ? sim::kPresets[0] : sim::kPresets[1 + seed / 2 % kOthers]);
  }

  ExitCode repeat_regressions() {
    std::ifstream file(line_.regressions);
    if (!file) {
      std::cerr << "broker-sim: cannot read " << line_.regressions << '\n';
      return ExitCode::Usage;
    }
    const auto list = parse_regressions(std::string{std::istreambuf_iterator<char>(file), {}});
    if (!list) {
      std::cerr << "broker-sim: " << line_.regressions << ": " << list.error() << '\n';
      return ExitCode::Usage;
    }
    for (const auto& regression : *list) {
      const ExitCode code = play(regression.seed, regression.preset, regression.keep, false);
      if (code == ExitCode::Passed) continue;
      std::cout << "which was: " << regression.what << '\n' << present_run() << '\n';
      return code;
    }
    std::cout << list->size() << " runs that once failed, passed\n";
    return ExitCode::Passed;
  }

  ExitCode play_one(std::uint64_t seed, const std::string& preset, bool introduce) {
    auto keep = line_.keep;
    if (const auto options = sim::sample_options(preset, seed); options && keep && !keep->empty()) {
      if (*keep->rbegin() >= options->misfortunes) {
        std::cerr << "broker-sim: --keep: there is no misfortune " << *keep->rbegin() << "; this run has 0 to "
                  << options->misfortunes - 1 << '\n';
        return ExitCode::Usage;
      }
    }
    if (line_.minimize) {
      const auto fewest = find_fewest(seed, preset);
      if (fewest) keep = fewest;
    }
    return play(seed, preset, keep, introduce);
  }

  // One run, with its result printed; with what it is like, if asked for.
  ExitCode play(std::uint64_t seed, const std::string& preset, const std::optional<std::set<unsigned>>& keep,
                bool introduce) {
    const auto options = sim::sample_options(preset, seed);
    if (!options) {
      std::cerr << "broker-sim: " << options.error() << '\n';
      return ExitCode::Usage;
    }
    begin_run(replay_command(seed, preset, keep));
    if (introduce) std::cout << "SEED=" << seed << '\n' << describe(*options);
    Run run(*options, seed);
    plant_in(run);
    if (keep) run.keep_only(*keep);
    if (line_.until_step) run.stop_at(*line_.until_step);
    if (line_.trace) run.world().add_observer(std::make_unique<Trace>(run.world(), std::cout));
    if (!line_.pcap.empty() && !capture_to(run, line_.pcap)) return ExitCode::Usage;
    const RunResult result = run.play();
    add(result);
    if (introduce && result.verdict == Verdict::Passed) {
      if (line_.until_step) std::printf("stopped after step %" PRIu64 "\n", *line_.until_step);
      std::printf(
          "passed: %" PRIu64 " steps, %" PRIu64 " datagrams of clients, %.0f s simulated, trace %016" PRIx64 "\n",
          result.steps, result.datagrams, std::chrono::duration<double>(result.simulated).count(), result.trace_hash);
    }
    if (result.verdict != Verdict::Passed) {
      std::cout << "FAILED in step " << result.steps << ": " << result.what << '\n' << present_run() << '\n';
    }
    return code_of(result.verdict);
  }

  void plant_in(Run& run) const {
    if (plant_) plant_(run);
  }

  static bool capture_to(Run& run, const std::string& path) {
    auto writer = capture::CaptureWriter::create(path);
    if (!writer) {
      std::cerr << "broker-sim: " << writer.error() << '\n';
      return false;
    }
    run.world().add_observer(std::make_unique<WireCapture>(run.world(), std::move(*writer)));
    return true;
  }

  // The fewest misfortunes that make the run fail as it does; none if it passes.
  std::optional<std::set<unsigned>> find_fewest(std::uint64_t seed, const std::string& preset) {
    const auto options = sim::sample_options(preset, seed);
    std::set<unsigned> all;
    for (unsigned i = 0; i < options->misfortunes; ++i) {
      if (!line_.keep || line_.keep->contains(i)) all.insert(i);
    }
    const Ending failure = play_in_child(seed, preset, all);
    if (failure.code == ExitCode::Passed) return std::nullopt;
    auto fewest =
        minimize(all, [&](const std::set<unsigned>& kept) { return play_in_child(seed, preset, kept) == failure; });
    const Run run(*options, seed);
    for (const unsigned number : fewest) {
      std::cout << "misfortune " << number << ": " << name_of(run.plan()[number].kind) << '\n';
    }
    return fewest;
  }

  // In a process of its own, which may crash.
  [[nodiscard]] Ending play_in_child(std::uint64_t seed, const std::string& preset,
                                     const std::set<unsigned>& kept) const {
    std::cout.flush();
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return {.code = ExitCode::Crashed, .kind = "no pipe"};
    const pid_t child = ::fork();
    if (child == 0) play_for_parent(seed, preset, kept, ends[1]);
    ::close(ends[1]);
    Ending ending{.code = ExitCode::Crashed, .kind = read_all(ends[0])};
    ::close(ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return ending;
    ending.code = static_cast<ExitCode>(WEXITSTATUS(status));
    return ending;
  }

  [[noreturn]] void play_for_parent(std::uint64_t seed, const std::string& preset, const std::set<unsigned>& kept,
                                    int write_end) const {
    report_death_to(write_end);
    begin_run(replay_command(seed, preset, kept));
    Run run(*sim::sample_options(preset, seed), seed);
    plant_in(run);
    run.keep_only(kept);
    const RunResult result = run.play();
    const std::string kind = kind_of(result.what);
    [[maybe_unused]] const ssize_t ignored = ::write(write_end, kind.data(), kind.size());
    std::_Exit(static_cast<int>(code_of(result.verdict)));
  }

  static std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 512> piece;
    for (;;) {
      const ssize_t size = ::read(descriptor, piece.data(), piece.size());
      if (size <= 0) return text;
      text.append(piece.data(), static_cast<std::size_t>(size));
    }
  }

  void add(const RunResult& result) {
    ++sums_.runs;
    sums_.steps += result.steps;
    sums_.datagrams += result.datagrams;
    sums_.simulated += result.simulated;
  }

  void print_sums(std::chrono::duration<double> took) const {
    std::printf("%" PRIu64 " runs passed: %" PRIu64 " steps, %" PRIu64
                " datagrams of clients, %.1f h simulated, in %.1f s"
                " (%.0f datagrams a second)\n",
                sums_.runs, sums_.steps, sums_.datagrams, std::chrono::duration<double>(sums_.simulated).count() / 3600,
                took.count(), static_cast<double>(sums_.datagrams) / took.count());
  }

  CommandLine line_;
  Plant plant_;
  Sums sums_;
};

}  // namespace

ExitCode run_worlds(CommandLine line, Plant plant) {
  return Program(std::move(line), std::move(plant)).run();
}

}  // namespace tsp::broker_sim
