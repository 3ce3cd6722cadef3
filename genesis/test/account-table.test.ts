import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX, toHex } from '#kernel';
import { AccountTable } from '../document/account-table.ts';

const address = fc.constantFrom(...Array.from({ length: 9 }, (_, i) => new Uint8Array(20).fill(i, i)));
const accounts = fc.array(
  fc.record({
    address: fc.option(address, { nil: undefined }),
    balance: fc.option(fc.bigInt({ min: 0n, max: AMOUNT_MAX }), { nil: undefined }),
  }),
);

test('a table gives back what was added, finds the last of an address, and names what stands twice', () => {
  fc.assert(
    fc.property(accounts, address, (list, wanted) => {
      const table = new AccountTable(list.length);
      for (const account of list) table.add(account.address, account.balance);
      assert.equal(table.length, list.length);
      const firsts = new Map<string, number>();
      const repeated: { row: number; first: number }[] = [];
      for (const [row, account] of list.entries()) {
        assert.deepEqual(table.addressAt(row), account.address);
        assert.equal(table.balanceAt(row), account.balance);
        if (account.address === undefined) continue;
        const id = toHex(account.address);
        const first = firsts.get(id);
        if (first === undefined) firsts.set(id, row);
        else repeated.push({ row, first });
      }
      assert.deepEqual(table.repeated(), repeated);
      const last = list.findLastIndex((account) => account.address === wanted);
      assert.equal(table.find(wanted), last < 0 ? undefined : last);
    }),
    { numRuns: 500 },
  );
});
