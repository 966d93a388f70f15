// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/nic_update.h"

#include <string_view>
#include <utility>

#include "adapters/linux/control/url.h"
#include "core/auth/login.h"
#include "core/wire/base64.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kKeyBytesMax = 256;
constexpr const char* kPlainText = "text/plain";

struct Credentials {
  std::string login;
  std::string key;
};

// "Basic bG9naW46a2V5" (RFC 7617)
std::optional<Credentials> parse_basic(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space != 5 || (authorization[0] != 'B' && authorization[0] != 'b') || authorization.substr(1, 4) != "asic") {
    return std::nullopt;
  }
  const auto text = wire::base64_decode(authorization.substr(authorization.find_last_of(' ') + 1));
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  Credentials credentials{.login = text->substr(0, colon), .key = text->substr(colon + 1)};
  const std::size_t key_size = credentials.key.size();
  if (!auth::valid_login(credentials.login) || key_size == 0 || key_size > kKeyBytesMax) return std::nullopt;
  return credentials;
}

HttpAnswer bad_auth() {
  return {401, "badauth", kPlainText, {{"WWW-Authenticate", "Basic realm=\"tspd\""}}};
}

// The first IPv4 address of a list: some routers name their IPv6 address beside it.
std::optional<IPv4Address> first_ipv4(std::string_view list) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (const auto address = parse_ipv4(list.substr(0, comma))) return address;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

std::string value_of(const Url& url, const std::string& name) {
  const auto found = url.query.find(name);
  return found == url.query.end() ? std::string() : found->second;
}

}  // namespace

std::expected<UpdateEndpointRequest, HttpAnswer> read_nic_update(const HttpHead& head, const FourTuple& peer) {
  const auto url = parse_url(head.target);
  if (!url) return std::unexpected(HttpAnswer{400, "the address is not encoded correctly, or names a parameter twice"});
  if (url->path != "/nic/update") return std::unexpected(HttpAnswer{404, "there is nothing at this address"});
  if (head.method != "GET")
    return std::unexpected(HttpAnswer{405, "only GET is allowed here", kPlainText, {{"Allow", "GET"}}});
  auto credentials = parse_basic(head.authorization);
  if (!credentials) return std::unexpected(bad_auth());
  UpdateEndpointRequest request{.login = std::move(credentials->login),
                                .key = std::move(credentials->key),
                                .host = value_of(*url, "hostname"),
                                .outer = std::nullopt,
                                .peer = peer};
  if (request.host.empty()) return std::unexpected(HttpAnswer{200, "notfqdn\nhostname: expected the account's login"});
  if (value_of(*url, "offline") == "yes") return request;
  const std::string named = value_of(*url, "myip");
  request.outer = named.empty() ? std::optional(peer.remote.ipv4()) : first_ipv4(named);
  if (!request.outer) return std::unexpected(HttpAnswer{200, "dnserr\nmyip: expected an IPv4 address"});
  return request;
}

HttpAnswer answer_of(UpdateOutcome outcome, const UpdateEndpointRequest& request, const std::string& detail) {
  const std::string address = request.outer ? ' ' + to_text(*request.outer) : std::string();
  switch (outcome) {
    case UpdateOutcome::Changed:
      return {200, "good" + address + (detail.empty() ? "" : '\n' + detail)};
    case UpdateOutcome::Unchanged:
      return {200, "nochg" + address};
    case UpdateOutcome::BadKey:
      return bad_auth();
    case UpdateOutcome::NoHost:
      return {200, "nohost\nhostname: expected the account's login"};
    case UpdateOutcome::BadAddress:
      return {200, "dnserr\nmyip: no tunnel can be made to this address" + (detail.empty() ? "" : ": " + detail)};
    case UpdateOutcome::Refused:
      return {200, "dnserr\n" + (detail.empty() ? "no tunnel can be made now" : detail)};
    case UpdateOutcome::Limited:
      return {200, "abuse\ntoo many changes: wait a minute"};
    case UpdateOutcome::Unavailable:
      return {200, "911\nnot possible now: wait a minute"};
  }
  std::unreachable();
}

HttpAnswer too_many_requests() {
  return {429, "abuse\ntoo many requests: wait a minute"};
}

}  // namespace tsp::linux_
