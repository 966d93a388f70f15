// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/trace.h"

#include <array>
#include <cstdio>
#include <ostream>
#include <string>
#include <string_view>

#include "core/base/overloaded.h"
#include "core/broker/event_names.h"

namespace tsp::broker_sim {
namespace {

constexpr std::size_t kTextMax = 60;

std::string text_of(TunnelId id) {
  return "tunnel " + std::to_string(id.value);
}

// Printable, and not long.
std::string excerpt(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (text.size() >= kTextMax) return text + "…";
    if (byte >= 0x20 && byte < 0x7F) {
      text += static_cast<char>(byte);
    } else {
      text += byte == '\r' ? "" : byte == '\n' ? "|" : "·";
    }
  }
  return text;
}

std::string describe(ByteView datagram) {
  if (!datagram.empty() && datagram[0] >> 4 == 6) return "inner packet, " + std::to_string(datagram.size()) + " bytes";
  if (datagram.size() < 8) return std::to_string(datagram.size()) + " bytes";
  std::array<char, 9> word{};
  std::snprintf(word.data(), word.size(), "%02x%02x%02x%02x", datagram[0], datagram[1], datagram[2], datagram[3]);
  return std::string(word.data()) + " " + excerpt(datagram.subspan(8));
}

std::string describe(const StoreOrder& order) {
  return std::visit(
      Overloaded{
          [](const LoadStore&) { return std::string("load"); },
          [](const FindAccount& find) { return "find account " + excerpt(as_bytes(find.login)); },
          [](const ListAccounts&) { return std::string("list accounts"); },
          [](const FindEvicted&) { return std::string("find evicted tunnels"); },
          [](const CommitChanges& commit) { return "commit " + std::to_string(commit.changes.size()) + " changes"; },
          [](const ProbeStore&) { return std::string("probe"); },
          [](const FindTunnels&) { return std::string("find tunnels of an account"); },
          [](const FindApiToken&) { return std::string("find API token"); },
          [](const ListApiTokens&) { return std::string("list API tokens"); },
          [](const FindConsoleLogin& find) { return "find console login " + excerpt(as_bytes(find.login)); },
          [](const ListConsoleLogins&) { return std::string("list console logins"); },
          [](const ReadAudit&) { return std::string("read audit log"); },
          [](const ReadHistory&) { return std::string("read history"); },
          [](const ListLeases&) { return std::string("list leases"); },
      },
      order);
}

std::string describe(const DatapathOrder& order) {
  return std::visit(Overloaded{
                        [](const InstallTunnel& install) {
                          std::string text = "install " + text_of(install.spec.id) + " " +
                                             to_text(install.spec.path.remote) + " " + to_text(install.spec.inner);
                          for (const TunnelId id : install.replaces) text += " replaces " + std::to_string(id.value);
                          return text;
                        },
                        [](const RemoveTunnel& remove) { return "remove " + text_of(remove.id); },
                        [](const ListTunnels&) { return std::string("list tunnels"); },
                        [](const QueryUsage&) { return std::string("query usage"); },
                    },
                    order);
}

std::string describe(const StoreChange& change) {
  return std::visit(Overloaded{
                        [](const AddAccount& add) { return "add account " + add.account.login; },
                        [](const UpdateAccount& update) { return "update account " + update.account.login; },
                        [](const DeleteAccount&) { return std::string("delete account"); },
                        [](const PutClaim& put) {
                          static constexpr std::array<std::string_view, 3> kStates{"offered", "held", "quarantined"};
                          return "claim " + to_text(put.claim.prefix) + " " +
                                 std::string(kStates.at(static_cast<std::size_t>(put.claim.state)));
                        },
                        [](const WithdrawClaim& offer) { return "no offer " + to_text(offer.prefix); },
                        [](const EndQuarantine& quarantine) { return "no quarantine " + to_text(quarantine.prefix); },
                        [](const PutNameServers& put) { return std::to_string(put.names.size()) + " name servers"; },
                        [](const PutTunnel& put) { return text_of(put.tunnel.id) + " " + to_text(put.tunnel.inner); },
                        [](const EvictTunnels&) { return std::string("evict tunnels elsewhere"); },
                        [](const EraseTunnel& erase) { return "no " + text_of(erase.id); },
                        [](const PutBroker& put) { return "broker " + std::to_string(put.broker.id.value); },
                        [](const EraseBroker& erase) { return "no broker " + std::to_string(erase.id.value); },
                        [](const PutApiToken& put) { return "API token " + put.token.name; },
                        [](const EraseApiToken& erase) { return "no API token " + std::to_string(erase.id.value); },
                        [](const PutConsoleLogin& put) { return "console login " + put.console_login.login; },
                        [](const EraseConsoleLogin& erase) { return "no console login " + erase.login; },
                        [](const PutConsoleTotp& put) { return "second factor of " + put.totp.login; },
                        [](const EraseConsoleTotp& erase) { return "no second factor of " + erase.login; },
                        [](const UseConsoleTotp& use) { return "code of " + use.login; },
                        [](const AddAuditEntry& add) { return "audit " + add.entry.action + ' ' + add.entry.subject; },
                    },
                    change);
}

std::string with_op(std::string text, OpId op) {
  return "#" + std::to_string(op.value) + " " + std::move(text);
}

}  // namespace

void Trace::line(char direction, const std::string& what) {
  std::array<char, 48> head{};
  const double seconds = std::chrono::duration<double>(world_.now().since_boot).count();
  std::snprintf(head.data(), head.size(), "%14.6f %8llu %c ", seconds, static_cast<unsigned long long>(world_.steps()),
                direction);
  out_ << head.data() << what << '\n';
}

void Trace::on_arrival(const FourTuple& path, ByteView payload) {
  line('<', to_text(path.remote) + " " + describe(payload));
}

void Trace::on_departure(const FourTuple& path, ByteView payload) {
  line('>', to_text(path.remote) + " " + describe(payload));
}

void Trace::on_fact(const Fact& fact) {
  std::visit(
      Overloaded{
          [&](const StoreDone& done) {
            static constexpr std::array<std::string_view, 5> kStatuses{"done", "taken", "missing", "unavailable",
                                                                       "unknown"};
            line('<', with_op("store: " + std::string(kStatuses.at(static_cast<std::size_t>(done.status))), done.op));
          },
          [&](const DatapathDone& done) {
            static constexpr std::array<std::string_view, 4> kStatuses{"done", "refused", "conflict", "failed"};
            line('<',
                 with_op("datapath: " + std::string(kStatuses.at(static_cast<std::size_t>(done.status))), done.op));
          },
          [&](const TunnelConfirmed& confirmed) { line('<', text_of(confirmed.id) + " confirmed"); },
          [&](const DatapathReset&) { line('<', "datapath reset"); },
          [&](const AdminRequest&) { line('<', "operator's request"); },
          [&](const ConfigChanged&) { line('<', "new configuration"); },
          [&](const StopRequested&) { line('<', "stop"); }, [](const auto&) {},  // datagrams have been seen already
      },
      fact);
}

void Trace::on_order(const Order& order) {
  std::visit(Overloaded{
                 [&](const StoreOrder& store) { line('>', with_op("store: " + describe(store), op_of(store))); },
                 [&](const DatapathOrder& datapath) {
                   line('>', with_op("datapath: " + describe(datapath), op_of(datapath)));
                 },
                 [&](const Event& event) {
                   line('>', "event " + std::string(name(event.code)) + " " + excerpt(as_bytes(event.login)) + " " +
                                 excerpt(as_bytes(event.detail)));
                 },
                 [&](const AdminReply& reply) { line('>', "operator's answer " + reply.message); },
                 [&](const PublishDns& publish) {
                   line('>', "publish " + std::to_string(publish.records.delegations.size()) + " delegations" +
                                 (publish.records.host_name ? " and a name" : ""));
                 },
                 [&](const WithdrawDns&) { line('>', "withdraw from the DNS"); },
                 [&](const Stopped&) { line('>', "stopped"); },
                 [](const auto&) {},
             },
             order);
}

void Trace::on_commit(const std::vector<StoreChange>& changes) {
  for (const StoreChange& change : changes) line('=', "store: " + describe(change));
}

void Trace::on_datapath(const DatapathOrder& order, DatapathStatus status) {
  if (status == DatapathStatus::Done) line('=', "datapath: " + describe(order));
}

}  // namespace tsp::broker_sim
