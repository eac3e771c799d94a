// engine: none
import { describe, expect, test } from 'vitest';
import { redactPasswords, safeMessage } from '../src/redact.ts';

describe('a password in a text', () => {
  // proves C6, C21
  test.each([
    ['postgres://registry:s3cret@db:5432/registry', 'postgres://registry:***@db:5432/registry'],
    [
      'postgresql://registry:s3cret@db/registry?sslmode=require',
      'postgresql://registry:***@db/registry?sslmode=require',
    ],
    ['POSTGRES://registry:s3cret@db/registry', 'POSTGRES://registry:***@db/registry'],
    ['postgres://:s3cret@db/registry', 'postgres://:***@db/registry'],
    ['postgres://registry:s3%40cr%2Fet@db/registry', 'postgres://registry:***@db/registry'],
    ['postgres://registry:s3@cret@db/registry', 'postgres://registry:***@db/registry'],
    ['postgres://registry:s3:cret@db/registry', 'postgres://registry:***@db/registry'],
    ['postgres://registry:s3cret@[::1]:5432/registry', 'postgres://registry:***@[::1]:5432/registry'],
    ['jdbc:postgresql://registry:s3cret@db/registry', 'jdbc:postgresql://registry:***@db/registry'],
    ['url "postgres://registry:s3cret@db/registry" is wrong', 'url "postgres://registry:***@db/registry" is wrong'],
    ['postgres://db/registry?user=registry&password=s3cret', 'postgres://db/registry?user=registry&password=***'],
    ['postgres://db/registry?password=s3cret&sslmode=require', 'postgres://db/registry?password=***&sslmode=require'],
    ['postgres://db/registry?sslpassword=s3cret', 'postgres://db/registry?sslpassword=***'],
    ['host=db user=registry password=s3cret dbname=registry', 'host=db user=registry password=*** dbname=registry'],
    ["host=db password='s3 cret' dbname=registry", 'host=db password=*** dbname=registry'],
    ["password='s3\\'cret' dbname=registry", 'password=*** dbname=registry'],
    ['password = s3cret', 'password = ***'],
    ['Password=s3cret;Pwd=s3cret;Host=db', 'Password=***;Pwd=***;Host=db'],
    ['PGPASSWORD=s3cret psql', 'PGPASSWORD=*** psql'],
    ['postgres://a:s3cret@one/x, postgres://b:s3cret@two/y', 'postgres://a:***@one/x, postgres://b:***@two/y'],
    ['postgres://a:s3cret@one/x,postgres://b:s3cret@two/y', 'postgres://a:***@one/x,postgres://b:***@two/y'],
    [
      'postgres://a:s3cret@one/x\nredis://:s3cret@two password=s3cret',
      'postgres://a:***@one/x\nredis://:***@two password=***',
    ],
    ["alter role a password 's3cret' login", "alter role a password '***' login"],
    ["ALTER ROLE a ENCRYPTED PASSWORD 's3''cret'; x", "ALTER ROLE a ENCRYPTED PASSWORD '***'; x"],
    ["password E's3\\'cret' login", "password '***' login"],
    ["password\n's3cret' valid", "password\n'***' valid"],
    ["password 's3cret that is cut of", "password '***'"],
    ["password 's3cret\\", "password '***'"],
    ['near SCRAM-SHA-256$4096:c2Fs$c3Rv:c2Vy at', 'near SCRAM-SHA-256$*** at'],
    ["set 'SCRAM-SHA-256$4096:c2Fs$c3Rv:c2Vy' there", "set 'SCRAM-SHA-256$***' there"],
  ])('%s', (text, redacted) => {
    expect(redactPasswords(text)).toBe(redacted);
  });

  // proves C6, C21
  test('that is given is hidden wherever it stands, also in the escapes of URLs, SQL and JSON', () => {
    const secret = `it's /a\\ "b" ü`;
    const forms = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      encodeURI(secret),
      secret.replaceAll("'", "''"),
      JSON.stringify(secret).slice(1, -1),
    ];
    for (const form of forms) expect(redactPasswords(`<${form}> and <${form}>`, [secret])).toBe('<***> and <***>');
    expect(redactPasswords('abc ab', ['ab', 'abc', ''])).toBe('*** ***');
    expect(redactPasswords('$& stays', ['b'])).toBe('$& stays');
    expect(safeMessage(new AggregateError([new Error('a b')]), ['b'])).toBe('a ***');
    expect(redactPasswords('\ud800', ['\ud800'])).toBe('***');
  });

  // proves C6
  test('with a raw slash, question mark or hash in it is hidden too, although such a URL is wrong', () => {
    for (const sign of ['/', '?', '#', '/?#']) {
      const text = redactPasswords(`postgres://registry:s3${sign}s3cret@db/registry is wrong`);
      expect(text).not.toContain('s3');
      expect(text).toContain('db/registry is wrong');
    }
  });
});

test.each([
  'password authentication failed for user "registry"',
  'alter role registry password null',
  'connect ECONNREFUSED 127.0.0.1:5432',
  'postgres://registry@db:5432/registry',
  'postgres://db/registry',
  '{"url":"postgres://db:5432/registry","contact":"help@registry.example"}',
  'https://registry.example:8443/v1/tenants/a@b.example',
  'see https://registry.example/?q=a:b and write to help@registry.example',
  'registry@db:5432',
  '',
])('a text without a password stays as it is: %s', (text) => {
  expect(redactPasswords(text)).toBe(text);
});

describe('the message of an error', () => {
  // proves C6
  test('comes without passwords', () => {
    expect(safeMessage(new Error('no postgres://a:s3cret@db/x'))).toBe('no postgres://a:***@db/x');
    expect(safeMessage('password=s3cret')).toBe('password=***');
    expect(safeMessage(undefined)).toBe('undefined');
  });

  test('is never empty: a name with several addresses is refused once for each', () => {
    const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}:5432`));
    const said = 'connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432';
    expect(safeMessage(new AggregateError(refused))).toBe(said);
    expect(safeMessage(new TypeError())).toBe('TypeError');
  });
});
