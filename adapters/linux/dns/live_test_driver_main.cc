// SPDX-License-Identifier: Apache-2.0
//
// Lets a test drive a DnsUpdater against a real name server:
//
//   linux_dns_live_test_driver ADDRESS PORT KEYFILE ZONE…
//
// reads commands from its standard input, one a line, and writes a line for each state that an owner comes to:
//
//   set OWNER [PREFIX=SERVER,SERVER…] [NAME=ADDRESS]…     OWNER pending [ERROR]
//   remove OWNER                                          OWNER done
//   retry                                                 OWNER refused ERROR
//   fragment FILE ZONE                                    OWNER forgotten
//
// `fragment` writes all that is set into a file instead, and says "written".
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <iostream>
#include <map>
#include <ranges>
#include <sstream>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read_until.hpp>
#include <asio/steady_timer.hpp>
#include <asio/streambuf.hpp>

#include "adapters/linux/dns/dns_updater.h"
#include "adapters/linux/dns/zone_fragment.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::uint32_t kTtlSeconds = 60;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::string describe(const std::optional<OwnerState>& state) {
  if (!state) return "forgotten";
  const std::string error = state->error.empty() ? "" : ' ' + state->error;
  switch (state->phase) {
    case OwnerState::Phase::Pending:
      return "pending" + error;
    case OwnerState::Phase::Done:
      return "done";
    case OwnerState::Phase::Refused:
      return "refused" + error;
  }
  return {};
}

class Driver {
 public:
  Driver(asio::io_context& io, std::unique_ptr<DnsUpdater> updater, std::vector<std::string> zones)
      : io_(io), updater_(std::move(updater)), zones_(std::move(zones)), input_(io, ::dup(STDIN_FILENO)), timer_(io) {
    read();
    look();
  }

 private:
  void read() {
    asio::async_read_until(input_, buffer_, '\n', [this](const asio::error_code& error, std::size_t) {
      if (error) return io_.stop();
      std::istream in(&buffer_);
      std::string line;
      std::getline(in, line);
      carry_out(split(line, ' '));
      read();
    });
  }

  void carry_out(const std::vector<std::string>& words) {
    std::expected<void, std::string> result;
    if (words.size() >= 2 && words[0] == "set") {
      result = set(words);
    } else if (words.size() == 2 && words[0] == "remove") {
      desired_.erase(words[1]);
      seen_.emplace(words[1], "");
      result = updater_->remove(words[1]);
    } else if (words.size() == 1 && words[0] == "retry") {
      updater_->retry();
    } else if (words.size() == 3 && words[0] == "fragment") {
      result = write_fragment(words[1], words[2]);
    } else {
      result = std::unexpected("unknown command");
    }
    if (!result) std::cout << "error " << result.error() << std::endl;
  }

  std::expected<void, std::string> set(const std::vector<std::string>& words) {
    DesiredRecords desired;
    for (const std::string& word : words | std::views::drop(2)) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) return std::unexpected("expected = in " + word);
      const std::string left = word.substr(0, equals);
      const std::string right = word.substr(equals + 1);
      if (const auto prefix = parse_prefix(left)) {
        desired.delegations.push_back({*prefix, split(right, ',')});
      } else if (const auto address = parse_ipv6(right)) {
        desired.host_names.push_back({left, *address});
      } else {
        return std::unexpected("expected a prefix or an address in " + word);
      }
    }
    seen_[words[1]] = "";
    desired_[words[1]] = desired;
    return updater_->set(words[1], desired);
  }

  std::expected<void, std::string> write_fragment(const std::string& path, const std::string& zone) {
    std::vector<DesiredRecords> all;
    for (const auto& [owner, desired] : desired_) all.push_back(desired);
    const auto text = zone_fragment(zone, zones_, all, kTtlSeconds);
    if (!text) return std::unexpected(text.error());
    auto written = write_zone_fragment(path, *text);
    if (written) std::cout << "written" << std::endl;
    return written;
  }

  void look() {
    for (auto& [owner, last] : seen_) {
      std::string state = describe(updater_->state(owner));
      if (state == last) continue;
      std::cout << owner << ' ' << state << std::endl;
      last = std::move(state);
    }
    timer_.expires_after(std::chrono::milliseconds(10));
    timer_.async_wait([this](const asio::error_code& error) {
      if (!error) look();
    });
  }

  asio::io_context& io_;
  std::unique_ptr<DnsUpdater> updater_;
  std::vector<std::string> zones_;
  std::map<std::string, DesiredRecords> desired_;
  std::map<std::string, std::string> seen_;
  asio::posix::stream_descriptor input_;
  asio::steady_timer timer_;
  asio::streambuf buffer_;
};

std::expected<DnsServer, std::string> read_arguments(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) return std::unexpected("usage: linux_dns_live_test_driver ADDRESS PORT KEYFILE ZONE…");
  const auto address = parse_ipv4(arguments[0]);
  if (!address) return std::unexpected("expected an IPv4 address, not " + arguments[0]);
  std::uint16_t port = 0;
  std::from_chars(arguments[1].data(), arguments[1].data() + arguments[1].size(), port);
  auto key = load_tsig_key(arguments[2]);
  if (!key) return std::unexpected(key.error());
  return DnsServer{.address = make_endpoint(*address, port),
                   .key = std::move(*key),
                   .zones = {arguments.begin() + 3, arguments.end()}};
}

int run(const std::vector<std::string>& arguments) {
  auto server = read_arguments(arguments);
  if (!server) {
    std::cerr << server.error() << std::endl;
    return 2;
  }
  asio::io_context io;
  std::vector<std::string> zones = server->zones;
  auto updater = DnsUpdater::create(io, {std::move(*server)}, {.ttl_seconds = kTtlSeconds});
  if (!updater) {
    std::cerr << updater.error() << std::endl;
    return 2;
  }
  const Driver driver(io, std::move(*updater), std::move(zones));
  io.run();
  return 0;
}

}  // namespace
}  // namespace tsp::linux_::dns

int main(int argc, char** argv) {
  return tsp::linux_::dns::run({argv + 1, argv + argc});
}
