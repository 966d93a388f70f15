// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/resolve.h"

#include <asio/ip/udp.hpp>
#include <asio/post.hpp>

#include "adapters/linux/net/asio_endpoint.h"

namespace tsp::linux_ {

struct Resolve::Impl {
  Impl(asio::io_context& io, Answer then) : resolver(io), answer(std::move(then)) {}

  void give(std::expected<Endpoint, std::string> result) {
    if (const Answer once = std::exchange(answer, nullptr)) once(std::move(result));
  }

  asio::ip::udp::resolver resolver;
  Answer answer;
};

Resolve::Resolve(asio::io_context& io, const client::ServerName& server, client::OuterFamily family, Answer answer)
    : impl_(std::make_shared<Impl>(io, std::move(answer))) {
  if (const auto address = literal_address(server)) {
    asio::post(io, [impl = impl_, server, family, remote = Endpoint{*address, server.port}] {
      if (client::family_of(remote.address) == family) return impl->give(remote);
      impl->give(std::unexpected(to_text(server) + " is an address of the other version of IP"));
    });
    return;
  }
  const auto version = family == client::OuterFamily::IPv4 ? asio::ip::udp::v4() : asio::ip::udp::v6();
  impl_->resolver.async_resolve(version, server.host, std::to_string(server.port),
                                [impl = impl_, server](const asio::error_code& error, const auto& results) {
                                  if (error || results.empty()) {
                                    return impl->give(std::unexpected("name " + server.host + ": " + error.message()));
                                  }
                                  impl->give(from_asio(results.begin()->endpoint().address(), server.port));
                                });
}

Resolve::~Resolve() {
  impl_->answer = nullptr;
  impl_->resolver.cancel();
}

}  // namespace tsp::linux_
