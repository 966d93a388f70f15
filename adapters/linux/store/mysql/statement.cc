// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/statement.h"

#include <cstddef>
#include <cstring>
#include <string>

#include "core/base/assert.h"

namespace tsp::linux_::mysql {
namespace {

constexpr std::size_t kUsualSizeMax = 512;  // of texts; longer ones are fetched once more

bool is_integer(enum_field_types type) {
  switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
      return true;
    default:
      return false;
  }
}

// `number` and `size` are where the library reads them from.
MYSQL_BIND bind_parameter(const Parameter& parameter, long long& number, unsigned long& size) {
  MYSQL_BIND bind{};
  if (const auto* value = std::get_if<std::int64_t>(&parameter)) {
    number = *value;
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &number;
  } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
    size = text->size();
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = const_cast<char*>(text->data());  // is only read
    bind.buffer_length = size;
    bind.length = &size;
  } else {
    bind.buffer_type = MYSQL_TYPE_NULL;
  }
  return bind;
}

}  // namespace

// ---- rows -----------------------------------------------------------------------------------------------------

void Rows::Free::operator()(Statement* statement) const {
  mysql_stmt_free_result(statement->statement_.get());
}

Result<bool> Rows::next() {
  const int code = mysql_stmt_fetch(statement_->statement_.get());
  if (code == MYSQL_NO_DATA) return false;
  if (code == MYSQL_DATA_TRUNCATED) {
    if (auto fetched = statement_->fetch_what_did_not_fit(); !fetched) return std::unexpected(fetched.error());
    return true;
  }
  if (code != 0) return std::unexpected(statement_->failure());
  return true;
}

bool Rows::is_null(int column) const {
  return statement_->row_[static_cast<std::size_t>(column)].is_null != 0;
}

std::optional<std::int64_t> Rows::integer(int column) const {
  const auto& value = statement_->row_[static_cast<std::size_t>(column)];
  if (value.is_null != 0 || !value.is_number) return std::nullopt;
  return value.number;
}

std::optional<std::string_view> Rows::text(int column) const {
  const auto& value = statement_->row_[static_cast<std::size_t>(column)];
  if (value.is_null != 0 || value.is_number) return std::nullopt;
  return std::string_view(value.bytes.data(), value.size);
}

std::optional<ByteView> Rows::blob(int column) const {
  const auto bytes = text(column);
  return bytes ? std::optional(as_bytes(*bytes)) : std::nullopt;
}

std::string_view Rows::name(int column) const {
  return mysql_fetch_field_direct(statement_->metadata_.get(), static_cast<unsigned>(column))->name;
}

// ---- statement ------------------------------------------------------------------------------------------------

Result<Rows> Statement::execute(std::span<const Parameter> parameters) {
  if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
  MYSQL_STMT* statement = statement_.get();
  TSP_ASSERT(mysql_stmt_param_count(statement) == parameters.size());
  std::vector<long long> numbers(parameters.size());
  std::vector<unsigned long> sizes(parameters.size());
  std::vector<MYSQL_BIND> binds(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) binds[i] = bind_parameter(parameters[i], numbers[i], sizes[i]);
  if (!binds.empty() && mysql_stmt_bind_param(statement, binds.data()) != 0) return std::unexpected(failure());
  if (mysql_stmt_execute(statement) != 0) return std::unexpected(failure());
  connection_->note_changes(mysql_stmt_affected_rows(statement));
  Rows rows(*this);
  if (!metadata_) return rows;
  if (auto bound = bind_row(); !bound) return std::unexpected(bound.error());
  if (fetch_ == Fetch::AllAtOnce && mysql_stmt_store_result(statement) != 0) return std::unexpected(failure());
  return rows;
}

Result<> Statement::prepare() {
  if (statement_) return {};
  std::unique_ptr<MYSQL_STMT, Close> statement(mysql_stmt_init(connection_->handle()));
  TSP_ASSERT(statement != nullptr);  // only without memory
  if (mysql_stmt_prepare(statement.get(), sql_, std::strlen(sql_)) != 0) {
    const unsigned code = mysql_stmt_errno(statement.get());
    return std::unexpected(
        Failure{.detail = describe_code(code, mysql_stmt_error(statement.get())), .fault = fault_in_use(code)});
  }
  statement_ = std::move(statement);
  metadata_.reset(mysql_stmt_result_metadata(statement_.get()));
  if (metadata_) describe_row();
  return {};
}

void Statement::describe_row() {
  row_.resize(mysql_num_fields(metadata_.get()));
  for (std::size_t i = 0; i < row_.size(); ++i) {
    row_[i].is_number = is_integer(mysql_fetch_field_direct(metadata_.get(), static_cast<unsigned>(i))->type);
    if (!row_[i].is_number) row_[i].bytes.resize(kUsualSizeMax);
  }
}

MYSQL_BIND Statement::binding(Value& value) {
  MYSQL_BIND bind{};
  bind.is_null = &value.is_null;
  bind.length = &value.size;
  if (value.is_number) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &value.number;
    bind.buffer_length = sizeof value.number;
  } else {
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = value.bytes.data();
    bind.buffer_length = value.bytes.size();
  }
  return bind;
}

Result<> Statement::bind_row() {
  std::vector<MYSQL_BIND> binds;
  for (Value& value : row_) binds.push_back(binding(value));
  if (mysql_stmt_bind_result(statement_.get(), binds.data()) != 0) return std::unexpected(failure());
  return {};
}

Result<> Statement::fetch_what_did_not_fit() {
  for (std::size_t i = 0; i < row_.size(); ++i) {
    if (row_[i].is_number || row_[i].is_null != 0 || row_[i].size <= row_[i].bytes.size()) continue;
    row_[i].bytes.resize(row_[i].size);
    MYSQL_BIND bind = binding(row_[i]);
    if (mysql_stmt_fetch_column(statement_.get(), &bind, static_cast<unsigned>(i), 0) != 0) {
      return std::unexpected(failure());
    }
  }
  return bind_row();
}

Failure Statement::failure() const {
  const unsigned code = mysql_stmt_errno(statement_.get());
  return {.detail = describe_code(code, mysql_stmt_error(statement_.get())), .fault = fault_in_use(code)};
}

}  // namespace tsp::linux_::mysql
