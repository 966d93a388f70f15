// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/tunnel_list.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

namespace tsp::load {
namespace {

using Json = nlohmann::ordered_json;

// An empty text if there is no such text.
std::string text_of(const Json& tunnel, const char* key) {
  const auto member = tunnel.is_object() ? tunnel.find(key) : tunnel.end();
  return member != tunnel.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::optional<HeldTunnel> parse_tunnel(const Json& json) {
  const auto local = parse_endpoint(text_of(json, "local"));
  const auto server = parse_endpoint(text_of(json, "server"));
  const auto inner = parse_ipv6(text_of(json, "inner"));
  const auto server_inner = parse_ipv6(text_of(json, "server_inner"));
  if (!local || !server || !inner || !server_inner) return std::nullopt;
  return HeldTunnel{.local = *local, .server = *server, .inner = *inner, .server_inner = *server_inner};
}

}  // namespace

std::string to_json(std::span<const HeldTunnel> tunnels) {
  Json list = Json::array();
  for (const HeldTunnel& tunnel : tunnels) {
    list.push_back({{"local", to_text(tunnel.local)},
                    {"server", to_text(tunnel.server)},
                    {"inner", to_text(tunnel.inner)},
                    {"server_inner", to_text(tunnel.server_inner)}});
  }
  return Json{{"tunnels", std::move(list)}}.dump() + "\n";
}

std::expected<std::vector<HeldTunnel>, std::string> parse_tunnels(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("tunnels") || !document["tunnels"].is_array()) {
    return std::unexpected("not a list of tunnels as `tsp-load hold` prints it");
  }
  std::vector<HeldTunnel> tunnels;
  for (const Json& entry : document["tunnels"]) {
    const auto tunnel = parse_tunnel(entry);
    if (!tunnel) return std::unexpected("tunnel " + std::to_string(tunnels.size()) + " cannot be read");
    tunnels.push_back(*tunnel);
  }
  if (tunnels.empty()) return std::unexpected("there is no tunnel in the list");
  return tunnels;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, colon));
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (!address || error != std::errc() || last != end || port == 0) return std::nullopt;
  return make_endpoint(*address, port);
}

}  // namespace tsp::load
