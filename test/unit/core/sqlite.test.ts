import { describe, expect, it } from 'vitest';
import { openDatabase } from '#core/sqlite';

describe('openDatabase', () => {
  it('gives the same statement for the same text, so that none is left to the garbage collector', () => {
    const database = openDatabase(':memory:');
    database.exec('CREATE TABLE t (a INTEGER)');
    expect(database.prepare('SELECT a FROM t')).toBe(database.prepare('SELECT a FROM t'));
    database.close();
  });

  it('reads and sets pragmas as better-sqlite3 does', () => {
    const database = openDatabase(':memory:');
    database.pragma('user_version = 7');
    expect(database.pragma('user_version', { simple: true })).toBe(7);
    expect(database.pragma('user_version')).toEqual([{ user_version: 7 }]);
    database.close();
  });

  it('iterates and runs transactions', () => {
    const database = openDatabase(':memory:');
    database.exec('CREATE TABLE t (a INTEGER)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    database.transaction(() => [1, 2, 3].forEach((a) => void insert.run(a)))();
    expect([...database.prepare('SELECT a FROM t ORDER BY a').pluck().iterate()]).toEqual([1, 2, 3]);
    database.close();
  });

  it('refuses texts without end: values belong into parameters', () => {
    const database = openDatabase(':memory:');
    const many = () => {
      for (let a = 0; a < 1_000; a += 1) database.prepare(`SELECT ${a}`);
    };
    expect(many).toThrow('SQL texts are constants');
    database.close();
  });
});
