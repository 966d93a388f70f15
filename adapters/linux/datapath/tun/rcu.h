// SPDX-License-Identifier: Apache-2.0
//
// Read-copy-update (liburcu, membarrier flavour): readers never wait; what they may still see is freed later.
#pragma once

#include <urcu/urcu-memb.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSP_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif
#endif

namespace tsp::linux_ {

// The thread sanitizer does not see how liburcu orders memory, and is told: what was written before tell_written(x) is
// seen by who read x and then calls tell_read(x).
inline void tell_written([[maybe_unused]] const void* where) {
#ifdef TSP_THREAD_SANITIZER
  __tsan_release(const_cast<void*>(where));
#endif
}
inline void tell_read([[maybe_unused]] const void* where) {
#ifdef TSP_THREAD_SANITIZER
  __tsan_acquire(const_cast<void*>(where));
#endif
}

// Every thread that reads or changes a shared table calls this before; until the thread ends, more calls do nothing.
inline void register_rcu_thread() {
  struct Registration {
    Registration() { urcu_memb_register_thread(); }
    ~Registration() { urcu_memb_unregister_thread(); }
  };
  static thread_local Registration registration;
  static_cast<void>(registration);
}

// What was found in a table may be used as long as the section lasts.
class RcuReadSection {
 public:
  RcuReadSection() { urcu_memb_read_lock(); }
  ~RcuReadSection() {
    tell_written(&kAllSections);
    urcu_memb_read_unlock();
  }
  // In a callback of call_rcu: every section that was open at the call is over.
  static void tell_all_over() { tell_read(&kAllSections); }
  RcuReadSection(const RcuReadSection&) = delete;
  RcuReadSection& operator=(const RcuReadSection&) = delete;

 private:
  static constexpr char kAllSections = 0;  // its address stands for them
};

}  // namespace tsp::linux_
