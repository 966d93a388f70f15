-- SPDX-License-Identifier: Apache-2.0
--
-- For tests: the tables of ddtb that hold something, an account each for what can go wrong, and one that is well.

CREATE TABLE CLIENT (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  login VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  email VARCHAR(320),
  mobile VARCHAR(14),
  ipaddress VARCHAR(37),
  iv VARCHAR(32),
  passwd VARCHAR(255) NOT NULL,
  max_prefix INT NOT NULL DEFAULT 64,
  min_prefix INT NOT NULL DEFAULT 48
) ENGINE = InnoDB DEFAULT CHARSET = utf8;

CREATE TABLE PREFIX (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  prefix VARCHAR(43) NOT NULL,
  type VARCHAR(3),
  client_id INT UNSIGNED,
  we_assign TINYINT(1) NOT NULL DEFAULT 1,
  FOREIGN KEY (client_id) REFERENCES CLIENT (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8;

CREATE TABLE TUNNEL (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  client_port INT UNSIGNED,
  client_ipv4 VARCHAR(15),
  server_ipv4 VARCHAR(15),
  client_ipv6 VARCHAR(39),
  server_ipv6 VARCHAR(39),
  prefix VARCHAR(43),
  tunnel_type VARCHAR(16),
  client_id INT UNSIGNED,
  keepalive INT,
  start_time DATETIME,
  valid_until DATETIME
) ENGINE = InnoDB DEFAULT CHARSET = utf8;

INSERT INTO CLIENT (id, login, name, iv, passwd, min_prefix) VALUES
  (1, 'alice', 'Alice', 'AAECAwQFBgcICQoLDA0ODw==', 'aMK5Thkk46HxgVk1DEVvIQ==', 1),
  (2, 'bob', '', 'EBESExQVFhcYGRobHB0eHw==', 'RccH1hkuiGBGx9bn19UWM4cD16HYAyQ5sSpFM3w8gng=', 1),
  (3, CONVERT(x'D8B3D8B9D98AD8AF' USING utf8), '', 'ICEiIyQlJicoKSorLC0uLw==', 'jma9RAAjZKChgEi4MARTWQ==', 1),
  (4, 'dave', '', NULL, 'p:l\\ain "text"', 48),
  (5, 'e:ve', '', NULL, 'x', 48);
UPDATE CLIENT SET email = 'bob@example.net' WHERE login = 'bob';

INSERT INTO PREFIX (id, prefix, type, client_id) VALUES
  (1, '2001:db8:1:a100::/56', 'TSP', 1),
  (2, '2001:db8:1:a200::/56', 'TSP', 2),
  (3, '2001:db8:1:a300::/56', 'TSP', 3),
  (4, '2001:db8:1:a400::/56', 'TSP', 1),
  (5, '2001:db8:1:a500::/56', 'TSP', NULL),
  (6, '2001:db8:9:a600::/56', 'TSP', 4);

-- The newest of alice's is not the last row.
INSERT INTO TUNNEL (id, client_port, client_ipv4, server_ipv4, client_ipv6, server_ipv6, prefix, tunnel_type,
                    client_id, keepalive, start_time, valid_until) VALUES
  (7, 40000, '198.51.100.7', '203.0.113.2', '2001:db8:1:a100::1', '2001:db8:1:a100::', '2001:db8:1:a100::/56',
   'v6udpv4', 1, 30, '2012-06-03 10:00:00', '2012-06-04 10:00:00'),
  (8, 40001, '198.51.100.8', '203.0.113.2', '2001:db8:1:a200::1', '2001:db8:1:a200::', '2001:db8:1:a200::/56',
   'v6udpv4', 2, 30, '2012-06-02 10:00:00', '2012-06-03 10:00:00'),
  (9, 40000, '198.51.100.7', '203.0.113.2', '2001:db8:1:a400::1', '2001:db8:1:a400::', '2001:db8:1:a400::/56',
   'v6udpv4', 1, 30, '2012-06-01 10:00:00', '2012-06-02 10:00:00');
