// SPDX-License-Identifier: Apache-2.0
//
// The sockets of a client. Each is connected: it takes what comes from the server, and nothing else.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <tsp/address.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

// Errors: one line.

// A new one each time, with a port of the kernel's choice.
[[nodiscard]] std::expected<FileDescriptor, std::string> connect_udp(const Endpoint& remote);
// For packets directly in packets of the other version: IPv6 in IPv4 (protocol 41, RFC 4213), or IPv4 in IPv6 (protocol
// 4, RFC 2473). Both addresses are of one family. Needs CAP_NET_RAW.
[[nodiscard]] std::expected<FileDescriptor, std::string> connect_bare(const IPv6Address& local,
                                                                      const IPv6Address& remote);

// Of an IPv6 socket that is not connected yet: leaves from the address that stays, not from one that is changed every
// day (RFC 8981), for a tunnel ends with the address. Where the kernel has no such choice nothing is lost.
void prefer_lasting_address(int fd);

// Our end of a connected socket.
[[nodiscard]] Endpoint local_of(int fd);
// Our address when talking to `remote` now; none if there is no way to it.
[[nodiscard]] std::optional<IPv6Address> source_towards(const Endpoint& remote);

}  // namespace tsp::linux_
