// SPDX-License-Identifier: Apache-2.0
//
// S-30 to S-49: VERSION, CAPABILITY and authentication.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/auth/directives.h"
#include "core/wire/base64.h"
#include "tools/tsp-load/conformance/dialogue.h"

namespace tsp::load::conformance {
namespace {

using namespace std::string_literals;

constexpr AuthMechanism kMechanisms[] = {AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5};

bool is_capability(std::string_view reply) {
  return reply.starts_with("CAPABILITY ");
}

// The first mechanism that the server offers; any can be begun.
AuthMechanism some_mechanism(const Peer& peer, const Target& target) {
  for (const AuthMechanism mechanism : kMechanisms) {
    if (has(peer, target, mechanism)) return mechanism;
  }
  throw NotTestable("the server offers no mechanism that is known here");
}

void versions_in_use_are_served(const Target& target) {
  for (const char* version : {"2.0.0", "2.0.1", "2.0.2"}) {
    UdpPeer peer(target);
    const std::string reply = peer.ask(version_line(version));
    require(is_capability(reply), std::string(version) + " was answered with " + shown(reply));
  }
}

void another_version_is_a_plain_302(const Target& target) {
  UdpPeer peer(target);
  const std::string reply = peer.ask(kUnsupportedVersion);
  require(reply.starts_with("302 "), "it was answered with " + shown(reply));
}

void the_line_may_end_otherwise(const Target& target) {
  for (const std::string& end : {"\n"s, ""s}) {
    UdpPeer peer(target);
    const std::string reply = peer.ask("VERSION=" + target.version + end);
    require(is_capability(reply), "VERSION that ends in " + shown(end) + " was answered with " + shown(reply));
  }
}

void capability_is_what_clients_read(const Target& target) {
  UdpPeer peer(target);
  const std::string line = hello(peer, target);
  const bool clean = std::ranges::all_of(line.substr(0, line.size() - 2), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '=' || c == '-' || c == ' ';
  });
  require(line.ends_with("\r\n") && clean && line.find("  ") == std::string::npos && line[line.size() - 3] != ' ',
          "it is " + shown(line));
}

void any_type_needs_no_capability(const Target& target) {
  UdpPeer peer(target);
  need(target.offers(TunnelType::V6UdpV4) || target.offers(TunnelType::V6V4), "the server has no tunnels over IPv4");
  log_in(peer, target);
  static_cast<void>(read_offer(peer.ask(framed_create(create_request(target, RequestedType::V6AnyV4)))));
}

void only_what_is_offered_is_accepted(const Target& target) {
  for (const AuthMechanism mechanism : kMechanisms) {
    UdpPeer peer(target);
    hello(peer, target);
    const std::string reply = peer.ask(authenticate_line(mechanism));
    const bool refused = status_of(reply) == 300;
    require(refused != has(peer, target, mechanism),
            std::string(wire::mechanism_name(mechanism)) + " was answered with " + shown(reply));
  }
}

void the_mechanism_is_read_in_any_form(const Target& target) {
  const UdpPeer judge(target);
  const std::string name(wire::mechanism_name(some_mechanism(judge, target)));
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const std::string& rest : {name + "\r\n\0"s, name + "\r\n", name + "\r\b", lower + "\r\n", name}) {
    UdpPeer peer(target);
    hello(peer, target);
    const std::string reply = peer.ask("AUTHENTICATE " + rest);
    require(status_of(reply) != 300 && status_of(reply) != 500, shown(rest) + " was answered with " + shown(reply));
  }
}

void nothing_is_said_inside_plain(const Target& target) {
  const Account& account = need_account(target);
  const std::string credentials = "\0"s + account.login + "\0"s + account.password + "\r\n";
  const std::string command = authenticate_line(AuthMechanism::Plain) + "\0"s;
  TcpPeer together(target);
  need_mechanism(together, target, AuthMechanism::Plain);
  hello(together, target);
  require_status(together.ask(command + credentials), 200, "both together");
  require(together.is_silent(), "something was said behind the 200");
  TcpPeer apart(target);
  hello(apart, target);
  apart.send(command);
  require(apart.is_silent(), "something was said before the credentials");
  require_status(apart.ask(credentials), 200, "the credentials");
}

void wrong_credentials_look_alike(const Target& target) {
  const Account& account = need_account(target);
  std::set<std::string> refusals;
  for (const auto& [login, password, right] :
       {std::tuple(account.login, account.password, true), std::tuple(account.login, account.password + "x", false),
        std::tuple(account.login + "-nobody", account.password, false)}) {
    UdpPeer peer(target);
    need_mechanism(peer, target, AuthMechanism::Plain);
    hello(peer, target);
    static_cast<void>(peer.ask(authenticate_line(AuthMechanism::Plain)));
    const std::string reply = peer.ask("\0"s + login + "\0"s + password + "\r\n");
    require_status(reply, right ? 200 : 300, right ? "right credentials" : "wrong credentials");
    if (!right) refusals.insert(reply);
  }
  require(refusals.size() == 1, "a wrong password and an unknown login are told apart");
}

void the_challenge_is_what_clients_read(const Target& target) {
  UdpPeer peer(target);
  const Challenge challenge = ask_challenge(peer, target);
  const std::string& line = challenge.line;
  require(line.ends_with("\r\n") && line.find('\n') == line.size() - 1, "it is no single line: " + shown(line));
  require(line[0] < '0' || line[0] > '9', "it begins with a digit: " + shown(line));
  const std::string text = wire::base64_decode(line).value_or("");
  require(text.find(' ') == std::string::npos, "it holds blanks: " + shown(text));
  std::set<std::string> names;
  for (const auth::Directive& directive : auth::parse_directives(text).value_or(std::vector<auth::Directive>{})) {
    if (!directive.value.empty()) names.insert(directive.name);
    if (directive.name == "qop") require(directive.value == "auth", "its qop is " + shown(directive.value));
  }
  for (const char* name : {"realm", "nonce", "qop", "charset", "algorithm"}) {
    require(names.contains(name), std::string("it has no ") + name + ": " + shown(text));
  }
}

// A whole exchange with that host in the digest-uri.
void digest_succeeds(const Target& target, std::string_view host) {
  const Account& account = need_account(target);
  UdpPeer peer(target);
  const Challenge challenge = ask_challenge(peer, target);
  const ResponseForm form{.host = host};
  const std::string proof = peer.ask(response_line(challenge, account, form));
  require(proves(proof, challenge, account, form), "a right response was answered with " + shown(proof));
}

void digest_is_computed_right(const Target& target) {
  digest_succeeds(target, {});
}

void any_host_is_accepted(const Target& target) {
  for (const char* host : {"h", "h:3653", "[::1]:3653"}) digest_succeeds(target, host);
}

void a_nonce_is_used_once(const Target& target) {
  const Account& account = need_account(target);
  UdpPeer first(target);
  const Challenge challenge = ask_challenge(first, target);
  UdpPeer second(target);
  require(ask_challenge(second, target).fields.nonce != challenge.fields.nonce, "two attempts had the same nonce");
  require_status(second.ask(response_line(challenge, account)), 300, "a response to another nonce");
}

void proof_and_success_come_apart(const Target& target) {
  const Account& account = need_account(target);
  TcpPeer peer(target);
  const Challenge challenge = ask_challenge(peer, target);
  const std::string proof = peer.ask(response_line(challenge, account));
  require(proof.find('\n') == proof.size() - 1 && proves(proof, challenge, account), "one read gave " + shown(proof));
  require_status(peer.receive(), 200, "a right response");
}

void odd_responses_are_refused(const Target& target) {
  const Account& account = need_account(target);
  for (const ResponseForm& form :
       {ResponseForm{.nc = "00000002"}, ResponseForm{.qop = "auth-int"}, ResponseForm{.with_cnonce = false}}) {
    UdpPeer peer(target);
    const Challenge challenge = ask_challenge(peer, target);
    require_status(peer.ask(response_line(challenge, account, form)), 300,
                   form.with_cnonce ? "nc=" + std::string(form.nc) + ",qop=" + std::string(form.qop) : "no cnonce");
  }
  UdpPeer peer(target);
  static_cast<void>(ask_challenge(peer, target));
  require_status(peer.ask("!!!!\r\n"), 300, "what is no base64");
}

void frames_begin_with_the_command_phase(const Target& target) {
  UdpPeer stranger(target);
  hello(stranger, target);
  require_status(stranger.ask(kNonsenseMechanism), 300, "an unknown mechanism");
  UdpPeer peer(target);
  log_in(peer, target);
  static_cast<void>(framed_status(peer.ask(framed_action("dance"))));
}

constexpr Check kChecks[] = {
    {"S-30", Level::Must, "2.0.0, 2.0.1 and 2.0.2 are served", versions_in_use_are_served},
    {"S-31", Level::Must, "another version is a plain 302", another_version_is_a_plain_302},
    {"S-32", Level::Should, "VERSION may end in LF or with the datagram", the_line_may_end_otherwise},
    {"S-33", Level::Must, "CAPABILITY is what clients can read", capability_is_what_clients_read},
    {"S-34", Level::Must, "v6anyv4 needs no capability of its own", any_type_needs_no_capability},
    {"S-35", Level::Should, "530 is said at VERSION only", nullptr, "it would take an overload"},
    {"S-36", Level::Must, "what is not offered is a 300", only_what_is_offered_is_accepted},
    {"S-37", Level::Must, "the mechanism is read in any form", the_mechanism_is_read_in_any_form},
    {"S-38", Level::Must, "nothing is said inside PLAIN over TCP", nothing_is_said_inside_plain},
    {"S-39", Level::Must, "wrong password and unknown login are the same 300", wrong_credentials_look_alike},
    {"S-40", Level::Must, "the challenge is what clients can read", the_challenge_is_what_clients_read},
    {"S-41", Level::Must, "DIGEST-MD5 is computed right", digest_is_computed_right},
    {"S-42", Level::Must, "any host in the digest-uri is accepted", any_host_is_accepted},
    {"S-43", Level::Must, "a nonce is used once", a_nonce_is_used_once},
    {"S-44", Level::Must, "proof and 200 come apart over TCP", proof_and_success_come_apart},
    {"S-45", Level::Should, "logins with quotes can log in", nullptr, "it would take an account of that name"},
    {"S-46", Level::Should, "the faulty hash of 2.0.0 is accepted", nullptr, "it would take an account of that hash"},
    {"S-47", Level::Should, "odd responses are a 300", odd_responses_are_refused},
    {"S-48", Level::Beyond, "failures take as long, and are limited", nullptr, "it would take many failures"},
    {"S-49", Level::Must, "frames begin with the command phase", frames_begin_with_the_command_phase},
};

}  // namespace

std::span<const Check> login_checks() {
  return kChecks;
}

}  // namespace tsp::load::conformance
