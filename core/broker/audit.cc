// SPDX-License-Identifier: Apache-2.0
//
// The audit log: what operators change, and try to. An entry is part of the commit that makes the change; what is no
// commit is done after its entry is. What was refused is written before the refusal is answered. So there is no change,
// and no answer, without its entry.
#include <string>
#include <utility>

#include "core/broker/audit_words.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr const char* kAuditDone = "done";

}  // namespace

void Broker::Impl::begin_audit(const AdminRequest& fact) {
  if (!fact.actor) return;
  auto words = broker::audit_words(fact.command);
  if (!words) return;
  // Entries of one moment keep their order.
  audit_ticks_ = now_.wall == audit_wall_ ? audit_ticks_ + Duration(1) : Duration{};
  audit_wall_ = now_.wall;
  AuditEntry entry{.at = now_.wall + audit_ticks_,
                   .id = fresh_id(),
                   .broker = config_->broker,
                   .actor = fact.actor->name,
                   .source = fact.actor->source,
                   .action = std::move(words->action),
                   .subject = std::move(words->subject),
                   .detail = std::move(words->detail),
                   .result = kAuditDone};
  audits_.emplace(fact.request, Audit{.entry = std::move(entry)});
}

void Broker::Impl::add_audit(RequestId request, std::vector<StoreChange>& changes) {
  const auto found = audits_.find(request);
  if (found == audits_.end()) return;
  found->second.written = true;
  changes.emplace_back(AddAuditEntry{found->second.entry});
}

void Broker::Impl::after_audit(RequestId request, std::function<void()> then) {
  commit_for(request, {}, std::move(then));
}

void Broker::Impl::commit_for(RequestId request, std::vector<StoreChange> changes, std::function<void()> then) {
  add_audit(request, changes);
  if (changes.empty()) return then();
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, request, then = std::move(then)](const StoreDone& done) {
        if (done.status != StoreStatus::Done) return fail(request, done);
        then();
      },
      now_.mono + kOperatorsPatience);
}

// A commit that was refused took its entry with it.
void Broker::Impl::reply(AdminReply answer) {
  const auto audit = audits_.extract(answer.request);
  // Unavailable: nothing was done, or it is not known, and the store cannot be told.
  const bool is_complete = audit.empty() || answer.status == AdminStatus::Unavailable ||
                           (answer.status == AdminStatus::Done && audit.mapped().written);
  if (is_complete) return finish(std::move(answer));
  AuditEntry entry = audit.mapped().entry;
  if (answer.status != AdminStatus::Done) entry.result = answer.message;
  ask_store(
      CommitChanges{.op = {}, .changes = {AddAuditEntry{std::move(entry)}}},
      [this, answer = std::move(answer)](const StoreDone& done) mutable {
        if (done.status == StoreStatus::Done) return finish(std::move(answer));
        finish(AdminReply{.request = answer.request,
                          .status = AdminStatus::Unavailable,
                          .message = "the audit log cannot be written: " + done.detail});
      },
      now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const ReadAuditRequest& command) {
  read_for(request, command.limit, ReadAudit{.op = {}, .before = command.before, .limit = command.limit},
           [](const StoreDone& done, AdminReply& reply) { reply.audit = done.audit; });
}

void Broker::Impl::run(RequestId request, const NoteRequest& /*command*/) {
  after_audit(request, [this, request] { done(request); });
}

}  // namespace tsp
