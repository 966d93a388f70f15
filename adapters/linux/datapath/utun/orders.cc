// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/orders.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "adapters/linux/datapath/tunnel_checks.h"

namespace tsp::linux_::utun {
namespace {

DatapathDone done_of(OpId op) {
  return {.op = op, .status = DatapathStatus::Done, .detail = {}, .tunnels = {}, .usages = {}};
}

void fail(DatapathDone& done, std::string detail) {
  done.status = DatapathStatus::Failed;
  done.detail = std::move(detail);
}

DatapathDone failed(OpId op, std::string detail) {
  DatapathDone done = done_of(op);
  fail(done, std::move(detail));
  return done;
}

void complete_install(const NetlinkAnswer& answer, DatapathDone& done) {
  done.status = status_of_install(answer.error);
  if (done.status != DatapathStatus::Done) done.detail = "utun: " + to_text(answer);
}

DatapathDone complete_remove(OpId op, const NetlinkAnswer& answer) {
  DatapathDone done = done_of(op);
  done.status = status_of_remove(answer.error);
  if (done.status == DatapathStatus::Refused) done.detail = "the tunnel is in use";
  if (done.status == DatapathStatus::Failed) done.detail = "utun: " + to_text(answer);
  return done;
}

// The kind that the first ones of `orders` have in common: how many they are.
std::size_t alike(std::span<const DatapathOrder> orders) {
  const auto other =
      std::ranges::find_if(orders, [&](const DatapathOrder& order) { return order.index() != orders.front().index(); });
  return static_cast<std::size_t>(other - orders.begin());
}

}  // namespace

DatapathStatus status_of_install(int error) {
  switch (error) {
    case 0:
      return DatapathStatus::Done;
    case EEXIST:
      return DatapathStatus::Conflict;
    default:
      return DatapathStatus::Failed;
  }
}

DatapathStatus status_of_remove(int error) {
  switch (error) {
    case 0:
    case ENOENT:
      return DatapathStatus::Done;
    case EBUSY:
      return DatapathStatus::Refused;
    default:
      return DatapathStatus::Failed;
  }
}

std::vector<DatapathDone> OrderRunner::run(std::span<const DatapathOrder> orders) {
  std::vector<DatapathDone> out;
  out.reserve(orders.size());
  device_gone_ = false;
  while (!orders.empty()) {
    const auto some = orders.first(alike(orders));
    orders = orders.subspan(some.size());
    if (!target_) {
      for (const DatapathOrder& order : some) out.push_back(failed(op_of(order), "the tunnel device is gone"));
    } else if (std::holds_alternative<InstallTunnel>(some.front())) {
      install(some, out);
    } else if (std::holds_alternative<RemoveTunnel>(some.front())) {
      remove(some, out);
    } else {
      for (const DatapathOrder& order : some) {
        const auto* query_order = std::get_if<QueryUsage>(&order);
        out.push_back(query_order != nullptr ? query(*query_order) : list(std::get<ListTunnels>(order)));
      }
    }
  }
  return out;
}

void OrderRunner::note(const NetlinkAnswer& answer) {
  device_gone_ = device_gone_ || answer.error == ENODEV;
}

void OrderRunner::install(std::span<const DatapathOrder> orders, std::vector<DatapathDone>& out) {
  std::vector<InstallTunnel> wanted;
  std::vector<std::size_t> places;  // of `wanted`, in `out`
  for (const DatapathOrder& any : orders) {
    const auto& order = std::get<InstallTunnel>(any);
    out.push_back(done_of(order.op));
    if (!is_consistent(order.spec) || !serves_(order.spec)) {
      fail(out.back(), "no socket serves " + to_text(order.spec.path.local) + " for this type of tunnel");
    } else if (order.replaces.size() > kReplacesMax) {
      fail(out.back(), "utun replaces at most " + std::to_string(kReplacesMax) + " tunnels in one step");
    } else {
      wanted.push_back(order);
      places.push_back(out.size() - 1);
    }
  }
  const std::span all(wanted);
  for (std::size_t at = 0; at < all.size(); at += kBatchMax) {
    const auto some = all.subspan(at, std::min(kBatchMax, all.size() - at));
    std::vector<DatapathDone*> into;
    for (std::size_t i = 0; i < some.size(); ++i) into.push_back(&out[places[at + i]]);
    install_batch(some, into);
  }
}

void OrderRunner::install_batch(std::span<const InstallTunnel> orders, std::vector<DatapathDone*>& places) {
  if (orders.size() == 1) return install_singly(orders.front(), *places.front());
  const NetlinkAnswer answer = requester_.exchange(add_tunnels(*target_, orders));
  note(answer);
  const auto told = answer.error == 0 ? read_batch(answer.message) : std::nullopt;
  std::vector<bool> refused(orders.size());
  if (device_gone_) {
    for (DatapathDone* place : places) complete_install(answer, *place);
    return;
  }
  if (told) {
    for (const Refusal& refusal : told->refusals) {
      if (refusal.index >= orders.size()) continue;
      refused[refusal.index] = true;
      complete_install({.error = refusal.error, .text = refusal.text}, *places[refusal.index]);
      note({.error = refusal.error});
    }
    if (told->added + told->refusals.size() == orders.size()) return;
  }
  // One that the module does not understand spoils a whole batch, and an answer has no room for many refusals. What is
  // there already may be added again.
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (!refused[i]) install_singly(orders[i], *places[i]);
  }
}

void OrderRunner::install_singly(const InstallTunnel& order, DatapathDone& place) {
  const NetlinkAnswer answer = requester_.exchange(add_tunnel(*target_, order));
  note(answer);
  complete_install(answer, place);
}

void OrderRunner::remove(std::span<const DatapathOrder> orders, std::vector<DatapathDone>& out) {
  std::vector<Bytes> requests;
  for (const DatapathOrder& order : orders) requests.push_back(delete_tunnel(*target_, std::get<RemoveTunnel>(order)));
  const std::vector<NetlinkAnswer> answers = requester_.exchange_all(std::move(requests));
  for (std::size_t i = 0; i < orders.size(); ++i) {
    note(answers[i]);
    out.push_back(complete_remove(op_of(orders[i]), answers[i]));
  }
}

DatapathDone OrderRunner::list(const ListTunnels& order) {
  DatapathDone done = done_of(order.op);
  bool understood = true;
  const NetlinkAnswer answer = requester_.dump(
      dump_tunnels(*target_),
      [&] {
        done.tunnels.clear();
        understood = true;
      },
      [&](ByteView message) {
        const auto listed = read_tunnel(message);
        understood = understood && listed.has_value();
        if (listed && listed->spec.id != kProbeTunnel) done.tunnels.push_back(listed->spec);
      });
  note(answer);
  if (answer.error != 0) return failed(order.op, "utun: " + to_text(answer));
  if (!understood) return failed(order.op, "utun: the module lists a tunnel that cannot be read");
  return done;
}

DatapathDone OrderRunner::query(const QueryUsage& order) {
  DatapathDone done = done_of(order.op);
  std::vector<Bytes> requests;
  for (const TunnelId id : order.ids) requests.push_back(get_tunnel(*target_, id));
  for (const NetlinkAnswer& answer : requester_.exchange_all(std::move(requests))) {
    note(answer);
    if (answer.error == ENOENT) continue;
    const auto listed = answer.error == 0 ? read_tunnel(answer.message) : std::nullopt;
    if (answer.error != 0) return failed(order.op, "utun: " + to_text(answer));
    if (!listed) return failed(order.op, "utun: the module answers with a tunnel that cannot be read");
    done.usages.push_back(listed->usage);
  }
  return done;
}

}  // namespace tsp::linux_::utun
