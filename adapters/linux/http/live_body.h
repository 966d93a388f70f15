// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tsp::linux_ {

// The body of an answer that is written as it comes, for as long as the client listens.
class LiveBody {
 public:
  // There may be something to be written. Called from any thread, and never waits for the client.
  using Wake = std::function<void()>;
  // News: there may be some. Silence: nothing was written for a while, and a client has to see that it is not
  // forgotten.
  enum class Occasion : bool { News, Silence };

  virtual ~LiveBody() = default;
  // Once, before next().
  virtual void begin(Wake wake) = 0;
  // What is to be written now; empty: nothing. None: this is the end. Never called by two threads at a time.
  [[nodiscard]] virtual std::optional<std::string> next(Occasion occasion) = 0;
};

}  // namespace tsp::linux_
