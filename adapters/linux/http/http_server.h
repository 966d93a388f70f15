// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/time.h>

#include "adapters/linux/http/http_request.h"
#include "adapters/linux/http/http_response.h"

namespace tsp::linux_ {

struct HttpServerOptions {
  // What is refused before it is a request: its answer, with a reason for people.
  using Refusal = std::function<HttpAnswer(int status, std::string_view reason)>;

  std::string section;           // of the configuration, which errors name
  std::vector<Endpoint> listen;  // [::] is every IPv6 address
  std::string unix_socket{};     // or this path, which must be free; the socket gets the mode 0660
  std::string certificate;       // PEM, the chain; empty: HTTP without TLS
  std::string private_key;
  std::size_t body_bytes_max = 0;
  std::uint32_t connections_max = 16;
  std::uint32_t connections_per_source_max = 16;  // that of an IPv4 address, or of an IPv6 /64
  // As many new connections of one source are taken, each of which costs a handshake; none: as they come.
  std::optional<RateLimit> connections_per_source{};
  std::vector<IPv6Address> shared_sources;      // proxies, for which only the limit of all holds; IPv4 mapped
  Duration timeout = std::chrono::seconds(10);  // of a whole request, and of its answer
  // How long a connection waits for another request; none: each is for one. It does not when most seats are taken.
  std::optional<Duration> patience{};
  Refusal refuse = [](int status, std::string_view reason) { return HttpAnswer{status, std::string(reason)}; };
};

// Answers HTTP or HTTPS requests on threads of its own. It can be open to everybody, which an HTTP library for one's
// own clients is not made for: a request's head and body have a size, the whole of it a time, and so has the wait for
// the next one.
class HttpServer {
 public:
  using Answer = std::function<HttpAnswer(const HttpRequest& request)>;

  // Who connects waits until serve(). Error: one line for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, std::string> open(const HttpServerOptions& options);
  // Once. `answer` is called from several threads, and may block.
  void serve(Answer answer);
  // Reads certificate and key again; on an error the old ones are kept.
  [[nodiscard]] std::optional<std::string> renew_certificate();
  // Waits for the requests that are being answered.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
