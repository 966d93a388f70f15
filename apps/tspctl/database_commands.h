// SPDX-License-Identifier: Apache-2.0
//
// What is done to the database itself, without tspd: the configuration file says where it is.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/store/database.h"
#include "apps/tspctl/commands.h"

namespace tsp::tspctl {

class DatabaseCommands {
 public:
  DatabaseCommands(std::string config_path, bool json) : config_path_(std::move(config_path)), json_(json) {}

  // Makes the tables, where tspd does not have the right to.
  [[nodiscard]] Output init() const;
  [[nodiscard]] Output status() const;
  // With `plan` nothing is changed.
  [[nodiscard]] Output upgrade(bool plan) const;
  // What is wrong is a failure with an output.
  [[nodiscard]] Output check() const;
  // Everything, into an SQLite file that is not there yet.
  [[nodiscard]] Output backup(const std::string& file) const;
  // Out of such a file, or of any SQLite store, into a database that is empty.
  [[nodiscard]] Output restore(const std::string& file) const;
  // The accounts of a ddtb, whose database the settings describe (adapters/linux/ddtb/settings.h). Without `apply` it
  // is only told what would be done.
  [[nodiscard]] Output import_ddtb(const std::string& settings, bool apply) const;

  // The keys that secrets in the database are sealed with; key_commands.cc.

  // Makes the file, for a database in which nothing is sealed.
  [[nodiscard]] Output init_keys() const;
  // Their ids, which are no secret.
  [[nodiscard]] Output list_keys() const;
  // Adds a key that seals nothing before the next rotation.
  [[nodiscard]] Output add_key() const;
  // The next key, or a new one, becomes the current one, and everything is sealed anew.
  [[nodiscard]] Output rotate_keys() const;
  // Forgets former keys, once nothing is sealed with them any more.
  [[nodiscard]] Output retire_keys() const;

 private:
  // The configured database, and where it is, in words.
  struct Opened {
    std::string place;
    linux_::DaemonConfig config;
    linux_::FileDescriptor lock;                        // of an SQLite file that is to be changed
    std::unique_ptr<linux_::store::Database> database;  // null: not there, with ReadIfThere
  };
  enum class Purpose : std::uint8_t { Read, ReadIfThere, Change, Make };
  [[nodiscard]] std::expected<Opened, Failure> open(Purpose purpose) const;
  // For reading what is in the tables, which must be there as this version knows them.
  [[nodiscard]] std::expected<Opened, Failure> open_complete() const;
  [[nodiscard]] std::expected<Opened, Failure> open_for_import(bool apply) const;
  [[nodiscard]] static std::expected<Opened, Failure> with_keys(Opened opened);
  [[nodiscard]] std::expected<Opened, Failure> open_with_keys() const;
  [[nodiscard]] static std::unexpected<Failure> fail(const std::string& place, const linux_::store::Failure& failure);
  [[nodiscard]] Output render(const nlohmann::json& answer) const;

  std::string config_path_;
  bool json_;
};

}  // namespace tsp::tspctl
