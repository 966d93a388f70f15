// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "tools/capture/capture_writer.h"
#include "tools/capture/conversation.h"
#include "tools/pcap-sanitize/sanitize.h"

namespace {

constexpr int kUsage = 2;
constexpr int kUnreadable = 3;

constexpr const char* kFooter = R"(
Only UDP and TCP to and from port 3653, over IPv4 and IPv6, and the packets of tunnels without UDP (protocol 41, and 4
in IPv6) are kept; link headers go. Addresses become documentation or private ones, logins user1, user2 …, passwords
password1, password2 …, digests what belongs to them, payloads of tunnelled packets zeros. What is printed are lines for
an expectation file of pcap-replay.

Exit codes: 0 done, 2 command line, 3 a file that cannot be read or written.)";

int unreadable(const std::string& why) {
  std::cerr << "pcap-sanitize: " << why << '\n';
  return kUnreadable;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes of a capture of TSP one that can be shown to anybody.", "pcap-sanitize");
  app.footer(kFooter);
  std::string input;
  std::string output;
  app.add_option("CAPTURE", input, "The file to read")->required();
  app.add_option("OUTPUT", output, "The file to write")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  const auto conversation = tsp::capture::read_conversation(input);
  if (!conversation) return unreadable(conversation.error());
  auto writer = tsp::capture::CaptureWriter::create(output);
  if (!writer) return unreadable(writer.error());
  const auto sanitized = tsp::sanitize::sanitize(*conversation);
  for (const auto& packet : sanitized.packets) writer->write(packet.at, packet.ip);
  for (const auto& [login, password] : sanitized.accounts) std::cout << "account " << login << ' ' << password << '\n';
  for (const std::string& line : conversation->left_out) std::cerr << "left out: " << line << '\n';
  if (sanitized.left_out > 0) std::cerr << "left out: " << sanitized.left_out << " of other ports or over IPv6\n";
  return 0;
}
