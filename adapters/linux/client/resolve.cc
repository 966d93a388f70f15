// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/resolve.h"

#include <asio/ip/udp.hpp>
#include <asio/post.hpp>

namespace tsp::linux_ {

struct Resolve::Impl {
  Impl(asio::io_context& io, Answer then) : resolver(io), answer(std::move(then)) {}

  void give(std::expected<Endpoint, std::string> result) {
    if (const Answer once = std::exchange(answer, nullptr)) once(std::move(result));
  }

  asio::ip::udp::resolver resolver;
  Answer answer;
};

Resolve::Resolve(asio::io_context& io, const client::ServerName& server, Answer answer)
    : impl_(std::make_shared<Impl>(io, std::move(answer))) {
  if (const auto address = parse_ipv4(server.host)) {
    asio::post(io, [impl = impl_, remote = make_endpoint(*address, server.port)] { impl->give(remote); });
    return;
  }
  impl_->resolver.async_resolve(asio::ip::udp::v4(), server.host, std::to_string(server.port),
                                [impl = impl_, server](const asio::error_code& error, const auto& results) {
                                  if (error || results.empty()) {
                                    return impl->give(std::unexpected("name " + server.host + ": " + error.message()));
                                  }
                                  const auto octets = results.begin()->endpoint().address().to_v4().to_bytes();
                                  impl->give(make_endpoint(IPv4Address{octets}, server.port));
                                });
}

Resolve::~Resolve() {
  impl_->answer = nullptr;
  impl_->resolver.cancel();
}

}  // namespace tsp::linux_
