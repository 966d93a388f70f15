// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include <tsp/address.h>

#include "core/client/server_name.h"
#include "core/client/transport.h"

namespace tsp::linux_ {

// Looks up the address of that family of a name; the first one is taken. An address is taken as it is, or refused.
// Destroying it cancels the answer.
class Resolve {
 public:
  using Answer = std::function<void(std::expected<Endpoint, std::string>)>;

  // `answer` is called once, from the io_context.
  Resolve(asio::io_context& io, const client::ServerName& server, client::OuterFamily family, Answer answer);
  ~Resolve();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
