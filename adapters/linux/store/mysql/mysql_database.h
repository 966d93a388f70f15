// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/linux/store/database.h"
#include "adapters/linux/store/mysql/connection.h"
#include "adapters/linux/store/mysql/options.h"
#include "adapters/linux/store/mysql/statement.h"

namespace tsp::linux_::mysql {

class MysqlDatabase final : public store::Database {
 public:
  static Result<std::unique_ptr<MysqlDatabase>> open(const MysqlOptions& options);

  Result<std::int64_t> schema_version() override;
  [[nodiscard]] std::vector<std::string> upgrades() const override;
  Result<> upgrade() override;
  Result<std::vector<std::string>> damages() override;
  Result<> begin_reading() override;
  Result<> begin_writing() override;
  Result<> commit() override { return connection_.run("COMMIT"); }
  Result<std::string> realm() override;
  Result<> set_realm(const std::string& realm) override;
  Result<std::int64_t> count(const store::TableLayout& table) override;
  Result<> read(const store::TableLayout& table, const OnRow& on_row) override;
  Result<> insert(const store::TableLayout& table, const std::vector<store::Value>& row) override;
  Result<> apply(const std::vector<StoreChange>& changes) override;
  [[nodiscard]] const secrets::Sealer* sealer() const override { return connection_.sealer(); }
  Result<store::SealedPage> seal_page(std::int64_t after) override;
  Result<store::SealedPage> seal_totps() override;
  Result<std::int64_t> count_sealed() override;

 private:
  explicit MysqlDatabase(Connection connection) : connection_(std::move(connection)) {}

  Connection connection_;
  store::Insertions<Connection, Statement> insertions_;
};

}  // namespace tsp::linux_::mysql
