// SPDX-License-Identifier: Apache-2.0
//
// The ordinary steps of a conversation, so that a check can say just what is odd about its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/client.h>

#include "core/auth/digest_md5.h"
#include "core/wire/message.h"
#include "tools/tsp-load/conformance/check.h"
#include "tools/tsp-load/conformance/peer.h"

namespace tsp::load::conformance {

inline constexpr std::string_view kNonsenseMechanism = "AUTHENTICATE NONSENSE\r\n";
inline constexpr std::string_view kUnsupportedVersion = "VERSION=0.1\r\n";

// ---- before the command phase ---------------------------------------------------------------------------------

// The CAPABILITY line.
std::string hello(Peer& peer, const Target& target);
[[nodiscard]] std::string version_line(std::string_view version);
[[nodiscard]] std::string authenticate_line(AuthMechanism mechanism);
// Whether the server offers it over this transport; and the same as a need.
[[nodiscard]] bool has(const Peer& peer, const Target& target, AuthMechanism mechanism);
void need_mechanism(const Peer& peer, const Target& target, AuthMechanism mechanism);
const Account& need_account(const Target& target);

// From VERSION to the 200. log_in: anonymously where that is possible.
void log_in(Peer& peer, const Target& target);
void log_in_with_account(Peer& peer, const Target& target);

// From VERSION to the challenge, and what is said to it.
struct Challenge {
  std::string line;
  auth::DigestChallenge fields;
};
[[nodiscard]] Challenge ask_challenge(Peer& peer, const Target& target);
struct ResponseForm {
  std::string_view nc = "00000001";
  std::string_view qop = "auth";
  std::string_view host{};  // empty: the realm, as strict servers want it
  bool with_cnonce = true;
};
// A line of base64, right in all that the form does not change.
[[nodiscard]] std::string response_line(const Challenge& challenge, const Account& account,
                                        const ResponseForm& form = {});
// Whether the line proves that the server knows the password too.
[[nodiscard]] bool proves(std::string_view line, const Challenge& challenge, const Account& account,
                          const ResponseForm& form = {});

// The number at the beginning of an unframed answer, 0 if there is none.
[[nodiscard]] unsigned status_of(std::string_view reply);
void require_status(std::string_view reply, unsigned wanted, std::string_view to_what);

// ---- the command phase ----------------------------------------------------------------------------------------

// As gogoc asks, from the address that the server sees; the changes of a check come after.
[[nodiscard]] wire::CreateRequest create_request(const Target& target, RequestedType type);
[[nodiscard]] inline wire::CreateRequest create_request(const Target& target) {
  return create_request(target, target.usual_type());
}
// In the request's version of IP.
void claim_address(wire::CreateRequest& request, const IPv4Address& ipv4, const IPv6Address& ipv6);
// The server has the type that is asked for where any will do.
void need_usual_type(const Target& target);
[[nodiscard]] std::string framed_create(const wire::CreateRequest& request);
[[nodiscard]] std::string framed_action(std::string_view action);
// The least that an RFC client says; to be changed by replacing parts of it.
struct MinimalCreate {
  std::string_view type;
  std::string_view address;          // as it is written
  std::string_view address_element;  // all of it
  std::string_view text;
};
[[nodiscard]] const MinimalCreate& minimal_create(const Target& target);
[[nodiscard]] std::string replaced(std::string_view text, std::string_view part, std::string_view by);

// The status of a framed answer. Throws Violation if the frame is not what gogoc reads.
[[nodiscard]] unsigned framed_status(std::string_view reply);
void require_framed(std::string_view reply, unsigned wanted, std::string_view to_what);
// The offer in a framed answer.
[[nodiscard]] Offer read_offer(std::string_view reply);

// ---- tunnels --------------------------------------------------------------------------------------------------

// A v6udpv4 tunnel, deleted at the end. Throws NotTestable over IPv6: packets of a v4v6 tunnel need a raw socket.
class Tunnel {
 public:
  Tunnel(const Target& target, const wire::CreateRequest& request, bool with_account = false);
  explicit Tunnel(const Target& target) : Tunnel(target, create_request(target)) {}
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;
  ~Tunnel();

  [[nodiscard]] UdpPeer& peer() { return peer_; }
  [[nodiscard]] const Offer& offer() const { return offer_; }
  // A new session from the same port, up to its accept.
  void negotiate_again();
  // What comes back for a packet.
  [[nodiscard]] std::optional<Bytes> answer_to(const Bytes& packet) { return answer_to(packet, target_.patience); }
  [[nodiscard]] std::optional<Bytes> answer_to(const Bytes& packet, Duration timeout);
  // Whether an echo request to the server is answered.
  [[nodiscard]] bool echoes() { return echoes(target_.patience); }
  // The same, with more patience.
  void require_echo(const std::string& when);

 private:
  void negotiate();
  [[nodiscard]] bool echoes(Duration timeout);

  const Target& target_;
  wire::CreateRequest request_;
  bool with_account_;
  UdpPeer peer_;
  Offer offer_;
  std::uint16_t echo_sequence_ = 0;
};

// Whether it answers the request, with a right checksum.
[[nodiscard]] bool is_echo_reply(ByteView reply, ByteView request);

}  // namespace tsp::load::conformance
