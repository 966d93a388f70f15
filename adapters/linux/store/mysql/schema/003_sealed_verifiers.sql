-- SPDX-License-Identifier: Apache-2.0
--
-- What is sealed is longer: "sealed:KEYID:BASE64".

ALTER TABLE accounts MODIFY COLUMN verifier VARCHAR(255) NOT NULL;
