// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "adapters/linux/store/database.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {

class SqliteDatabase final : public store::Database {
 public:
  // Of a file that is there.
  static Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path,
                                                      std::shared_ptr<const secrets::Sealer> sealer = nullptr);
  // Of a new file, which only its owner can read. Refused is one that is there.
  static Result<std::unique_ptr<SqliteDatabase>> create(const std::string& path,
                                                        std::shared_ptr<const secrets::Sealer> sealer = nullptr);

  Result<std::int64_t> schema_version() override;
  [[nodiscard]] std::vector<std::string> upgrades() const override;
  Result<> upgrade() override;
  Result<std::vector<std::string>> damages() override;
  Result<> begin_reading() override { return connection_.run("BEGIN"); }
  Result<> begin_writing() override { return connection_.run("BEGIN IMMEDIATE"); }
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
  explicit SqliteDatabase(Connection connection) : connection_(std::move(connection)) {}

  Connection connection_;
  store::Insertions<Connection, Statement> insertions_;
};

}  // namespace tsp::linux_::sqlite
