/** The methods of the service Auth: the one that clients need, and those that set a cluster up. */
import { keyRange } from './keys.ts';
import { type Method, method, takeNothing } from './method.ts';
import { takeFields, takeText } from './reader.ts';
import { putMessage, putNumber, putText } from './writer.ts';

/** Resolves to a token. */
export const authenticate: Method<{ readonly username: string; readonly password: string }, string> = method({
  path: 'Auth/Authenticate',
  write(to, { username, password }) {
    putText(to, 2, password);
    putText(to, 1, username);
  },
  read(from) {
    let token = '';
    takeFields(from, (field) => {
      if (field !== 2) return false;
      token = takeText(from);
      return true;
    });
    return token;
  },
});

export const addUser: Method<{ readonly name: string; readonly password: string }, void> = method({
  path: 'Auth/UserAdd',
  write(to, { name, password }) {
    putText(to, 2, password);
    putText(to, 1, name);
  },
  read: takeNothing,
});

export const addRole: Method<string, void> = method({
  path: 'Auth/RoleAdd',
  write: (to, name) => putText(to, 1, name),
  read: takeNothing,
});

export const grantRole: Method<{ readonly user: string; readonly role: string }, void> = method({
  path: 'Auth/UserGrantRole',
  write(to, { user, role }) {
    putText(to, 2, role);
    putText(to, 1, user);
  },
  read: takeNothing,
});

const READ_AND_WRITE = 2;

/** Lets a role read and write all keys that begin with a prefix. */
export const grantPrefix: Method<{ readonly role: string; readonly prefix: string }, void> = method({
  path: 'Auth/RoleGrantPermission',
  write(to, { role, prefix }) {
    const { first, end } = keyRange({ prefix });
    putMessage(to, 2, (inner) => {
      putText(inner, 3, end);
      putText(inner, 2, first);
      putNumber(inner, 1, READ_AND_WRITE);
    });
    putText(to, 1, role);
  },
  read: takeNothing,
});

export const enableAuth: Method<void, void> = method({ path: 'Auth/AuthEnable', write: () => {}, read: takeNothing });
