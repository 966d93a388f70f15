// SPDX-License-Identifier: Apache-2.0
//
// Metrics on their way to Prometheus: families, and the series of each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace tsp::linux_ {

class MetricPage {
 public:
  using Labels = std::vector<prometheus::ClientMetric::Label>;
  struct Bucket {
    double upper_bound;
    std::uint64_t count;  // not cumulative
  };

  // To be used before the next one is begun.
  class Family {
   public:
    explicit Family(prometheus::MetricFamily& family) : family_(family) {}
    template <class Number>
    Family& add(Number value, Labels labels = {}) {
      return add_value(static_cast<double>(value), std::move(labels));
    }
    // `more`: how many are larger than all bounds.
    Family& add_histogram(const std::vector<Bucket>& buckets, std::uint64_t more, double sum, Labels labels);

   private:
    Family& add_value(double value, Labels labels);
    prometheus::MetricFamily& family_;
  };

  // The name of a counter ends in _total; help is a sentence without its full stop.
  [[nodiscard]] Family counter(const std::string& name, const std::string& help);
  [[nodiscard]] Family gauge(const std::string& name, const std::string& help);
  [[nodiscard]] Family histogram(const std::string& name, const std::string& help);

  // Without the last line's end.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] Family begin(prometheus::MetricType type, const std::string& name, const std::string& help);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace tsp::linux_
