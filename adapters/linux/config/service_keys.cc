// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/service_keys.h"

#include <algorithm>

#include "adapters/linux/config/api_keys.h"
#include "adapters/linux/config/dns_keys.h"
#include "adapters/linux/config/make_key.h"
#include "core/wire/text.h"

namespace tsp::linux_ {
namespace {

// An IFNAMSIZ name that neither the kernel nor a log line trips over.
bool is_device_name(std::string_view name) {
  return !name.empty() && name.size() <= 15 && std::ranges::all_of(name, wire::is_word_character);
}

void add_update_keys(std::vector<Key>& keys) {
  using enum Change;
  const auto file = text("an absolute path", is_path);
  const auto count = number<std::uint32_t>(1, kCountMax);
  keys.push_back(make_key("update", "listen", AtRestart, list(ipv4_endpoint(), 0), TSP_MEMBER(update.listen),
                          "Where routers that do not speak TSP say what their outer address is, with `GET "
                          "/nic/update` over HTTP; `[]`: nowhere."));
  keys.push_back(make_key("update", "certificate", AtRestart, file, TSP_MEMBER(update.certificate),
                          "The certificate in PEM, with those between it and its root. With it HTTPS is served, and "
                          "HTTP no more. What is in the file is read again at each reload.",
                          "none: HTTP"));
  keys.push_back(make_key("update", "private_key", AtRestart, file, TSP_MEMBER(update.private_key),
                          "The key of the certificate, in PEM.", "none"));
  keys.push_back(make_key("update", "trusted_proxies", AtRestart, list(ipv4_address(), 0),
                          TSP_MEMBER(update.trusted_proxies),
                          "Reverse proxies: of their requests the last address of `X-Forwarded-For` is the client's."));
  keys.push_back(
      make_key("update", "tunnel_address", AtReload, derived(ipv4_address()), TSP_MEMBER(update.tunnel_address),
               "The broker's end of the tunnels that are made so: an address that `server.listen` serves.",
               "the first of `server.listen` or, for `0.0.0.0`, of `server.own_addresses`, private ones last"));
  keys.push_back(make_key("update", "connections_max", AtRestart, count, TSP_MEMBER(update.connections_max),
                          "Connections at the same time; further ones are closed at once."));
  keys.push_back(make_key("update", "connections_per_source_max", AtRestart, count,
                          TSP_MEMBER(update.connections_per_source_max), "The same for one IPv4 address."));
  keys.push_back(make_key("update", "requests_per_source_per_second", AtRestart, count,
                          TSP_MEMBER(update.requests_per_source.per_second),
                          "Requests that are answered, from one IPv4 address."));
  keys.push_back(make_key("update", "requests_per_source_burst", AtRestart, count,
                          TSP_MEMBER(update.requests_per_source.burst),
                          "As many at once, before the limit above holds."));
}

void add_datapath_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(make_key(
      "datapath", "type", AtRestart,
      choice<DatapathType>({{"auto", DatapathType::Auto}, {"tun", DatapathType::Tun}, {"utun", DatapathType::Utun}}),
      TSP_MEMBER(datapath.type),
      "What forwards packets: `tun`, this program through a TUN device, or `utun`, the [kernel "
      "module](datapaths.md), which has no `v4v6` tunnels. `auto` takes `utun` where it can serve "
      "`tunnel.types`, else `tun`; the log says which and why."));
  keys.push_back(make_key("datapath", "device", AtRestart, text("1 to 15 letters, digits, '-' or '_'", is_device_name),
                          TSP_MEMBER(datapath.device), "The network device that carries the packets of all tunnels."));
  keys.push_back(make_key(
      "datapath", "device_mtu", AtRestart, number<std::uint16_t>(1280, 65'000), TSP_MEMBER(datapath.device_mtu),
      "The device's MTU in bytes: the largest `tunnel.mtu` possible, the MTU of the path less 28."));
  keys.push_back(make_key("datapath", "workers", AtRestart, number<std::uint32_t>(1, 64), TSP_MEMBER(datapath.workers),
                          "Threads that forward packets with `tun`."));
  keys.push_back(
      make_key("datapath", "offloads", AtRestart, boolean(), TSP_MEMBER(datapath.offloads),
               "Use the kernel's segmentation offloads with `tun`. Each is tried and given up alone; `false` "
               "only to look for faults."));
}

void add_metrics_keys(std::vector<Key>& keys) {
  keys.push_back(make_key("metrics", "listen", Change::AtRestart, list(listen_address(), 0), TSP_MEMBER(metrics.listen),
                          "Where `/metrics`, `/healthz` and `/readyz` are served over HTTP, to everybody who can reach "
                          "it, so best at an address of loopback such as `127.0.0.1:9653`; `[]`: nowhere but on the "
                          "control socket."));
}

void add_log_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(make_key("log", "level", AtReload,
                          choice<LogLevel>({{"debug", LogLevel::Debug},
                                            {"info", LogLevel::Info},
                                            {"warning", LogLevel::Warning},
                                            {"error", LogLevel::Error}}),
                          TSP_MEMBER(log.level), "The least important lines that are written."));
  keys.push_back(make_key("log", "format", AtReload,
                          choice<LogFormat>({{"text", LogFormat::Text}, {"json", LogFormat::Json}}),
                          TSP_MEMBER(log.format), "`json`: each line is an object."));
  keys.push_back(make_key(
      "log", "client_addresses", AtReload,
      choice<ClientAddresses>({{"full", ClientAddresses::Full}, {"hidden", ClientAddresses::Hidden}}),
      TSP_MEMBER(log.client_addresses), "`hidden`: the word `hidden` stands where a client's outer address would."));
  keys.push_back(make_key("log", "refusals_per_minute_max", AtReload, number<std::uint32_t>(1, kCountMax),
                          TSP_MEMBER(log.refusals_per_minute_max),
                          "Lines of each event that strangers can cause; the rest is counted."));
  keys.push_back(make_key("log", "events_per_minute_max", AtReload, number<std::uint32_t>(1, kCountMax),
                          TSP_MEMBER(log.events_per_minute_max), "Lines of each other event; the rest is counted."));
}

}  // namespace

void add_service_keys(std::vector<Key>& keys) {
  add_update_keys(keys);
  add_datapath_keys(keys);
  add_dns_keys(keys);
  add_api_keys(keys);
  add_metrics_keys(keys);
  add_log_keys(keys);
}

}  // namespace tsp::linux_
