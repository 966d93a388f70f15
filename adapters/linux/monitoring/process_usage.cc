// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace tsp::linux_ {
namespace {

// Of the fields behind the name, which are numbered from 3 in proc(5).
constexpr std::size_t kFirstField = 3;
constexpr std::size_t kUserTime = 14 - kFirstField;
constexpr std::size_t kSystemTime = 15 - kFirstField;
constexpr std::size_t kThreads = 20 - kFirstField;
constexpr std::size_t kVirtualBytes = 23 - kFirstField;
constexpr std::size_t kResidentPages = 24 - kFirstField;

std::uint64_t count_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return 0;
  const auto all = std::distance(begin(entries), end(entries));
  return static_cast<std::uint64_t>(all) - 1;  // but for the one that this has opened
}

}  // namespace

std::optional<ProcessUsage> parse_process_stat(std::string_view text, std::uint64_t ticks_per_second,
                                               std::uint64_t page_bytes) {
  // The name may hold anything, blanks and parentheses too.
  const auto name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string(text.substr(name_end + 2))};
  std::array<std::uint64_t, kResidentPages + 1> fields{};
  std::string state;
  rest >> state;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    std::int64_t field = 0;  // some are negative
    rest >> field;
    fields[i] = static_cast<std::uint64_t>(field);
  }
  if (!rest) return std::nullopt;
  ProcessUsage usage;
  usage.cpu_seconds =
      static_cast<double>(fields[kUserTime] + fields[kSystemTime]) / static_cast<double>(ticks_per_second);
  usage.threads = fields[kThreads];
  usage.virtual_bytes = fields[kVirtualBytes];
  usage.resident_bytes = fields[kResidentPages] * page_bytes;
  return usage;
}

ProcessUsage read_process_usage() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ProcessUsage usage = parse_process_stat(text, static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK)),
                                          static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)))
                           .value_or(ProcessUsage{});
  usage.open_descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.descriptors_max = limit.rlim_cur;
  return usage;
}

}  // namespace tsp::linux_
