// SPDX-License-Identifier: Apache-2.0
//
// The operator's command: the command line, and how it ends.
#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <vector>

#include "adapters/linux/client_config/client_config.h"
#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/terminal/escape.h"
#include "adapters/linux/terminal/subcommands.h"
#include "apps/tspctl/access_commands.h"
#include "apps/tspctl/commands.h"
#include "apps/tspctl/database_commands.h"
#include "apps/tspctl/event_commands.h"
#include "apps/tspctl/lookup_commands.h"
#include "apps/tspctl/reload_command.h"

namespace {

using tsp::tspctl::AccessCommands;
using tsp::tspctl::AddAccountArguments;
using tsp::tspctl::ClientConfigArguments;
using tsp::tspctl::Commands;
using tsp::tspctl::CreateTokenArguments;
using tsp::tspctl::DatabaseCommands;
using tsp::tspctl::EventCommands;
using tsp::tspctl::ExitCode;
using tsp::tspctl::Failure;
using tsp::tspctl::LookupArguments;
using tsp::tspctl::LookupCommands;
using tsp::tspctl::Output;

using Action = std::function<Output(const Commands&)>;

// What the command line says.
struct Request {
  std::string socket = "/run/tspd/control.sock";
  bool json = false;
  bool remove = false;
  std::string subject;  // a login, or the id of a tunnel
  AddAccountArguments account;
  ClientConfigArguments client;
  std::string deadline;
  CreateTokenArguments token;
  std::string code;
  std::uint32_t entries = AccessCommands::kEntriesShown;
  LookupArguments lookup;
  std::string config = "/etc/tspd/tspd.toml";
  std::string file;
  bool plan = false;
  bool apply = false;
  Action action;
};

CLI::App* add_command(CLI::App& parent, const char* name, const char* help, Request& request, Action action) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&request, action = std::move(action)] { request.action = action; });
  command->fallthrough();
  return command;
}

CLI::App* add_access_command(CLI::App& parent, const char* name, const char* help, Request& request,
                             std::function<Output(const AccessCommands&)> action) {
  return add_command(parent, name, help, request, [&request, action = std::move(action)](const Commands& commands) {
    return action(AccessCommands(commands.client(), request.json));
  });
}

void add_password_option(CLI::App& command, Request& request) {
  command.add_option("--password-fd", request.account.password_fd,
                     "Read the password from this descriptor instead of asking for it");
}

std::string tunnel_id_fault(const std::string& text) {
  if (tsp::linux_::parse_number(text)) return {};
  return "'" + tsp::linux_::escape_text(text) + "' is not the number of a tunnel; `tspctl tunnel list` shows them";
}

void add_account_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("account")->fallthrough();
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* command = add_command(parent, name, help, request, std::move(action));
    command->add_option("LOGIN", request.subject)->required();
    return command;
  };
  CLI::App* add_one = add("add", "Add an account; asks for its password", [&request](const Commands& commands) {
    request.account.login = request.subject;
    return commands.add_account(request.account);
  });
  add_password_option(*add_one, request);
  add_one->add_option("--prefix-shortest", request.account.prefix_length_shortest,
                      "The largest prefix it may ask for, as a length");
  add_one->add_option("--prefix-longest", request.account.prefix_length_longest,
                      "The smallest prefix it may ask for, as a length");
  add_one->add_option("--mtu", request.account.mtu, "The largest packet inside its tunnel, in bytes");
  add_one->add_option("--home", request.account.home, "The broker_id of the broker that is to serve it");
  add_one->add_flag("--force", request.account.force, "Although no broker with that number is known");
  add_one->add_option("--note", request.account.note, "What operators want to remember of it");
  add("show", "Show an account", [&request](const Commands& c) { return c.show_account(request.subject); });
  add("enable", "Let an account in again",
      [&request](const Commands& c) { return c.set_enabled(request.subject, true); });
  add("disable", "Keep an account out, and end its tunnel",
      [&request](const Commands& c) { return c.set_enabled(request.subject, false); });
  add("delete", "Delete an account, and end its tunnel",
      [&request](const Commands& c) { return c.delete_account(request.subject); });
  CLI::App* set_password = add("set-password", "Give an account another password", [&request](const Commands& c) {
    return c.set_password(request.subject, request.account.password_fd);
  });
  add_password_option(*set_password, request);
  CLI::App* set_mtu = add("set-mtu", "Change the MTU of an account's tunnels from then on",
                          [&request](const Commands& c) { return c.set_mtu(request.subject, request.account.mtu); });
  set_mtu->add_option("--mtu", request.account.mtu, "The largest packet inside; without it as configured");
  CLI::App* set_lengths = add("set-prefix-lengths", "Change which prefixes an account may ask for from then on",
                              [&request](const Commands& c) {
                                return c.set_prefix_lengths(request.subject, request.account.prefix_length_shortest,
                                                            request.account.prefix_length_longest);
                              });
  set_lengths->add_option("--prefix-shortest", request.account.prefix_length_shortest,
                          "The largest, as a length; without both as configured");
  set_lengths->add_option("--prefix-longest", request.account.prefix_length_longest, "The smallest, as a length");
  add("set-note", "Change what is noted about an account", [&request](const Commands& c) {
    return c.set_note(request.subject, request.account.note);
  })->add_option("--note", request.account.note, "One line, which its owner is not shown; without it nothing");
  CLI::App* set_home =
      add("set-home", "Change which of several brokers serves an account", [&request](const Commands& c) {
        return c.set_home(request.subject, request.account.home, request.account.force);
      });
  set_home->add_option("--home", request.account.home, "Its broker_id; without it whoever the client comes to");
  set_home->add_flag("--force", request.account.force, "Although no broker with that number is known");
  CLI::App* update_key =
      add("update-key", "Make a key for `GET /nic/update`, and print it this once", [&request](const Commands& c) {
        return request.remove ? c.remove_update_key(request.subject) : c.make_update_key(request.subject);
      });
  update_key->add_flag("--remove", request.remove, "Take the key away");
  add_command(parent, "list", "List all accounts", request, [](const Commands& c) { return c.list_accounts(); });
  parent.description("Who may have a tunnel: " + tsp::linux_::subcommands_of(parent));
}

void add_lookup_options(CLI::App& command, Request& request) {
  command
      .add_option("--address", request.lookup.address, "An address, or a prefix with all that is in it or around it")
      ->type_name("ADDRESS[/LENGTH]");
  command.add_option("--account", request.lookup.login, "Of this account")->type_name("LOGIN");
}

void add_tunnel_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("tunnel")->fallthrough();
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* command = add_command(parent, name, help, request, std::move(action));
    command->add_option("ID", request.subject)->required()->check(CLI::Validator(tunnel_id_fault, "", "ID"));
  };
  CLI::App* list = add_command(parent, "list", "List tunnels", request, [&request](const Commands& c) {
    return c.list_tunnels(tsp::tspctl::query_of(request.lookup));
  });
  add_lookup_options(*list, request);
  list->add_option("--remote", request.lookup.remote, "Of clients at this outer address, or in this prefix")
      ->type_name("ADDRESS[/LENGTH]");
  add("show", "Show a tunnel", [&request](const Commands& c) { return c.show_tunnel(request.subject); });
  add("kick", "End a tunnel; its client may come back",
      [&request](const Commands& c) { return c.kick_tunnel(request.subject); });
  parent.description("Live tunnels: " + tsp::linux_::subcommands_of(parent));
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : "|") + word;
  return out;
}

void add_client_config_command(CLI::App& app, Request& request) {
  CLI::App* command = add_command(app, "client-config", "What to paste into an account's router or client", request,
                                  [&request](const Commands& c) {
                                    request.client.login = request.subject;
                                    return c.client_config(request.client);
                                  });
  command->add_option("LOGIN", request.subject)->required();
  const auto take_system = [&request](const std::string& name) {
    if (!tsp::linux_::parse_target_system(name)) {
      throw CLI::ValidationError("--for", "'" + tsp::linux_::escape_text(name) + "' is no system; expected one of " +
                                              joined(tsp::linux_::target_system_names()));
    }
    request.client.system = name;
  };
  command->add_option_function<std::string>("--for", take_system, "The system that is to be configured")
      ->type_name(joined(tsp::linux_::target_system_names()))
      ->required();
  const auto take_server = [&request](const std::string& text) {
    request.client.server = tsp::client::parse_server_name(text);
    if (!request.client.server) {
      throw CLI::ValidationError("--server", "'" + tsp::linux_::escape_text(text) + "': HOST or HOST:PORT expected");
    }
  };
  command
      ->add_option_function<std::string>("--server", take_server,
                                         "How clients are to call the broker; else as the live tunnel's client does")
      ->type_name("HOST[:PORT]");
}

void add_drain_commands(CLI::App& app, Request& request) {
  CLI::App* drain = add_command(app, "drain", "Send clients to other brokers, and stop when the last tunnel is gone",
                                request, [&request](const Commands& c) { return c.drain(request.deadline); });
  drain->add_option("--deadline", request.deadline, "Stop after this time even so: 90s, 15m, 2h, 1d")
      ->type_name("DURATION");
  add_command(app, "undrain", "Serve clients again", request, [](const Commands& c) { return c.undrain(); });
}

void add_broker_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("broker")->fallthrough();
  add_command(parent, "list", "List the brokers on the store", request,
              [](const Commands& c) { return c.list_brokers(); });
  add_command(parent, "forget", "Strike a broker from the store that will not come back", request,
              [&request](const Commands& c) { return c.forget_broker(request.subject); })
      ->add_option("ID", request.subject)
      ->required();
  parent.description("Several brokers on one store: " + tsp::linux_::subcommands_of(parent));
}

void add_token_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("token")->fallthrough();
  const auto roles = CLI::IsMember({"admin", "operator", "user"});
  CLI::App* create = add_access_command(parent, "create", "Make a token for the API, and print it this once", request,
                                        [&request](const AccessCommands& c) { return c.create_token(request.token); });
  create->add_option("NAME", request.token.name, "What it is for")->required();
  create->add_option("--role", request.token.role, "What it may do")->required()->check(roles);
  create->add_option("--account", request.token.account, "Of the role user: the account, which it is for")
      ->type_name("LOGIN");
  create->add_option("--scope", request.token.scopes, "Only this, such as accounts:read; may be given several times")
      ->allow_extra_args(false)
      ->type_name("AREA:read|write");
  create->add_option("--expires", request.token.expires, "After this time: 12h, 90d; without it never")
      ->type_name("DURATION");
  add_access_command(parent, "list", "List all tokens, not what they are", request,
                     [](const AccessCommands& c) { return c.list_tokens(); });
  add_access_command(parent, "revoke", "Revoke a token", request,
                     [&request](const AccessCommands& c) { return c.revoke_token(request.subject); })
      ->add_option("TOKEN", request.subject, "Its id, or its name")
      ->required();
  parent.description("Tokens for the API: " + tsp::linux_::subcommands_of(parent));
}

void add_console_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("console")->fallthrough();
  CLI::App* set =
      add_access_command(parent, "set-password", "Let somebody log in to the console, or give him another password",
                         request, [&request](const AccessCommands& c) {
                           return c.set_console_login(request.subject, request.token.role, request.account.password_fd);
                         });
  set->add_option("LOGIN", request.subject)->required();
  set->add_option("--role", request.token.role, "user (for the account of this login) if it is not said")
      ->check(CLI::IsMember({"admin", "operator", "user"}));
  add_password_option(*set, request);
  add_access_command(parent, "list", "List who may log in", request,
                     [](const AccessCommands& c) { return c.list_console_logins(); });
  add_access_command(parent, "remove", "Keep somebody out", request,
                     [&request](const AccessCommands& c) { return c.remove_console_login(request.subject); })
      ->add_option("LOGIN", request.subject)
      ->required();
  CLI::App& totp = *parent.add_subcommand("totp")->fallthrough();
  const auto add_totp = [&](const char* name, const char* help, std::function<Output(const AccessCommands&)> action) {
    CLI::App* command = add_access_command(totp, name, help, request, std::move(action));
    command->add_option("LOGIN", request.subject)->required();
    return command;
  };
  add_totp("begin", "Make the secret for an authenticator app, and print it this once",
           [&request](const AccessCommands& c) { return c.begin_totp(request.subject); });
  add_totp("confirm", "Ask for codes from now on: the app shows the first one",
           [&request](const AccessCommands& c) { return c.confirm_totp(request.subject, request.code); })
      ->add_option("CODE", request.code)
      ->required();
  add_totp("remove", "Ask for no codes any more",
           [&request](const AccessCommands& c) { return c.remove_totp(request.subject); });
  totp.description("Codes beside the password: " + tsp::linux_::subcommands_of(totp));
  parent.description("Who may log in to the console: " + tsp::linux_::subcommands_of(parent));
}

void add_audit_command(CLI::App& app, Request& request) {
  add_access_command(app, "audit", "What was changed, by whom and from where", request,
                     [&request](const AccessCommands& c) { return c.audit(request.entries); })
      ->add_option("--entries", request.entries, "How many, of the latest")
      ->capture_default_str();
}

void add_lookup_commands(CLI::App& app, Request& request) {
  CLI::App* history = add_command(
      app, "history", "Who had an address or a prefix, and when", request,
      [&request](const Commands& c) { return LookupCommands(c.client(), request.json).history(request.lookup); });
  add_lookup_options(*history, request);
  history->add_option("--at", request.lookup.at, "At this time: 2026-02-03T04:05:06Z")->type_name("TIME");
  history->add_option("--entries", request.lookup.entries, "How many that have ended, of the latest")
      ->capture_default_str();
  CLI::App& parent = *app.add_subcommand("lease")->fallthrough();
  CLI::App* list = add_command(
      parent, "list", "Who has which address and prefix", request,
      [&request](const Commands& c) { return LookupCommands(c.client(), request.json).leases(request.lookup); });
  add_lookup_options(*list, request);
  CLI::App* reserve = add_command(
      parent, "reserve", "Give an account a chosen address or prefix", request, [&request](const Commands& c) {
        return LookupCommands(c.client(), request.json).reserve(request.subject, request.lookup.address);
      });
  reserve->add_option("LOGIN", request.subject)->required();
  reserve->add_option("PREFIX", request.lookup.address, "An address, or a prefix that is free")->required();
  add_command(
      parent, "release", "Take an address or a prefix away from its account, and end a tunnel that uses it", request,
      [&request](const Commands& c) { return LookupCommands(c.client(), request.json).release(request.subject); })
      ->add_option("PREFIX", request.subject, "As `tspctl lease list` shows it; of one in quarantine, ends that")
      ->required();
  add_command(app, "pools", "What is left to give out", request,
              [&request](const Commands& c) { return LookupCommands(c.client(), request.json).pools(); });
  parent.description("Addresses and prefixes that are not free: " + tsp::linux_::subcommands_of(parent));
}

void add_events_command(CLI::App& app, Request& request) {
  add_command(app, "events", "Print what happens, as it happens", request,
              [&request](const Commands& c) { return EventCommands(c.client(), request.json).follow(std::cout); });
}

void add_dns_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("dns")->fallthrough();
  add_command(parent, "status", "Whether the name server has everything", request,
              [](const Commands& c) { return c.dns_status(); });
  add_command(parent, "retry", "Try again now what the name server refused", request,
              [](const Commands& c) { return c.dns_retry(); });
  parent.description("Records of accounts in the DNS: " + tsp::linux_::subcommands_of(parent));
}

void add_config_option(CLI::App& parent, Request& request) {
  parent.add_option("--config", request.config, "tspd's configuration, which says where the database is")
      ->capture_default_str()
      ->type_name("FILE");
}

void add_database_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("db")->fallthrough();
  add_config_option(parent, request);
  const auto add = [&](const char* name, const char* help, Output (DatabaseCommands::*action)() const) {
    return add_command(parent, name, help, request, [&request, action](const Commands&) {
      return (DatabaseCommands(request.config, request.json).*action)();
    });
  };
  const auto add_with_file = [&](const char* name, const char* help,
                                 Output (DatabaseCommands::*action)(const std::string&) const) {
    add_command(parent, name, help, request,
                [&request, action](const Commands&) {
                  return (DatabaseCommands(request.config, request.json).*action)(request.file);
                })
        ->add_option("FILE", request.file)
        ->required();
  };
  add("init", "Make the tables", &DatabaseCommands::init);
  add("status", "What is in the database", &DatabaseCommands::status);
  add("check", "Whether it is sound", &DatabaseCommands::check);
  add_with_file("backup", "Copy everything into a new SQLite file", &DatabaseCommands::backup);
  add_with_file("restore", "Copy everything out of an SQLite file into an empty database", &DatabaseCommands::restore);
  add_command(
      parent, "upgrade", "Change the tables to what this version needs, as tspd does when it starts", request,
      [&request](const Commands&) { return DatabaseCommands(request.config, request.json).upgrade(request.plan); })
      ->add_flag("--plan", request.plan, "Say what would be done, and do nothing");
  CLI::App* import = add_command(
      parent, "import-ddtb", "Take over the accounts of a ddtb; without --apply only say what would be done", request,
      [&request](const Commands&) {
        return DatabaseCommands(request.config, request.json).import_ddtb(request.file, request.apply);
      });
  import->add_option("SETTINGS", request.file, "A file that says where its database is")->required();
  import->add_flag("--apply", request.apply, "Do it");
  parent.description("The database itself, without tspd: " + tsp::linux_::subcommands_of(parent));
}

void add_key_commands(CLI::App& app, Request& request) {
  CLI::App& parent = *app.add_subcommand("key")->fallthrough();
  add_config_option(parent, request);
  const auto add = [&](const char* name, const char* help, Output (DatabaseCommands::*action)() const) {
    add_command(parent, name, help, request, [&request, action](const Commands&) {
      return (DatabaseCommands(request.config, request.json).*action)();
    });
  };
  add("init", "Make the file of keys", &DatabaseCommands::init_keys);
  add("list", "Which keys there are", &DatabaseCommands::list_keys);
  add("add", "Add the key that the next rotation will use", &DatabaseCommands::add_key);
  add("rotate", "Seal everything with another key", &DatabaseCommands::rotate_keys);
  add("retire", "Forget former keys", &DatabaseCommands::retire_keys);
  parent.description("What secrets in the database are sealed with: " + tsp::linux_::subcommands_of(parent));
}

void complain(const Failure& failure, const std::string& subject) {
  std::cerr << "tspctl: ";
  if (!subject.empty() && failure.code != ExitCode::Unreachable) {
    std::cerr << tsp::linux_::escape_text(subject) << ": ";
  }
  std::cerr << tsp::linux_::escape_text(failure.message) << '\n';
}

int run(int argc, char** argv) {
  Request request;
  CLI::App app("Controls the tunnel broker daemon tspd.", "tspctl");
  app.set_version_flag("--version", std::string("tspctl ") + TSP_VERSION);
  app.add_option("--socket", request.socket, "tspd's control socket")->capture_default_str()->type_name("PATH");
  app.add_flag("--json", request.json, "Print tspd's answer as JSON");
  app.footer(
      "Exit codes: 0 done, 1 invalid, 2 tspd not reachable, 3 not found, 4 exists, 5 not possible now,\n"
      "6 the self-test found something blocked, 7 it could not tell everything.");
  add_account_commands(app, request);
  add_tunnel_commands(app, request);
  add_client_config_command(app, request);
  add_broker_commands(app, request);
  add_dns_commands(app, request);
  add_token_commands(app, request);
  add_console_commands(app, request);
  add_audit_command(app, request);
  add_lookup_commands(app, request);
  add_events_command(app, request);
  add_database_commands(app, request);
  add_key_commands(app, request);
  add_command(app, "status", "What tspd does", request, [](const Commands& c) { return c.status(); });
  add_drain_commands(app, request);
  add_command(app, "reload", "Read the configuration again", request, [&request](const Commands& c) {
    return tsp::tspctl::reload(c.client(), request.plan, request.json);
  })->add_flag("--plan", request.plan, "Say what would change, and change nothing");
  add_command(app, "self-test", "Whether the host's firewall lets clients' packets pass", request,
              [](const Commands& c) { return c.self_test(); });
  try {
    tsp::linux_::parse_subcommands(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::Invalid);
  }
  const tsp::tspctl::ApiClient client(request.socket);
  const Output output = request.action(Commands(client, request.json));
  if (!output) {
    std::cout << output.error().output << std::flush;
    complain(output.error(), request.subject);
    return static_cast<int>(output.error().code);
  }
  std::cout << *output;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "tspctl: internal error: " << tsp::linux_::escape_text(error.what()) << '\n';
    return static_cast<int>(ExitCode::Unavailable);
  }
}
