// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/metric_page.h"

#include <prometheus/text_serializer.h>

#include <utility>

namespace tsp::linux_ {

using prometheus::ClientMetric;
using prometheus::MetricType;

MetricPage::Family& MetricPage::Family::add_value(double value, Labels labels) {
  ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return *this;
}

MetricPage::Family& MetricPage::Family::add_histogram(const std::vector<Bucket>& buckets, std::uint64_t more,
                                                      double sum, Labels labels) {
  ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  std::uint64_t count = 0;
  for (const Bucket& bucket : buckets) {
    count += bucket.count;
    metric.histogram.bucket.push_back({count, bucket.upper_bound});
  }
  metric.histogram.sample_count = count + more;
  metric.histogram.sample_sum = sum;
  return *this;
}

MetricPage::Family MetricPage::begin(MetricType type, const std::string& name, const std::string& help) {
  families_.push_back({name, help, type, {}});
  return Family(families_.back());
}

MetricPage::Family MetricPage::counter(const std::string& name, const std::string& help) {
  return begin(MetricType::Counter, name, help);
}

MetricPage::Family MetricPage::gauge(const std::string& name, const std::string& help) {
  return begin(MetricType::Gauge, name, help);
}

MetricPage::Family MetricPage::histogram(const std::string& name, const std::string& help) {
  return begin(MetricType::Histogram, name, help);
}

std::string MetricPage::text() const {
  const prometheus::TextSerializer serializer;
  std::string text = static_cast<const prometheus::Serializer&>(serializer).Serialize(families_);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace tsp::linux_
