import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMultisigThresholdPubkey } from '@cosmjs/amino';
import { encodePubkey } from '@cosmjs/proto-signing';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { base64 } from '@scure/base';
import { BinaryWriter } from 'cosmjs-types/binary';
import { CompactBitArray, MultiSignature } from 'cosmjs-types/cosmos/crypto/multisig/v1beta1/multisig';
import { AuthInfo, SignDoc, TxBody } from 'cosmjs-types/cosmos/tx/v1beta1/tx';
import { fromUtf8 } from '#kernel';
import { aminoMessageForms, aminoSignBytes } from '../../foreign/declarations/amino-sign-bytes.ts';
import type { GenesisReport } from '../../index.ts';
import { judge, type Loose } from '../fixtures/documents.ts';
import { makeFlat } from '../fixtures/foreign-generations.ts';
import {
  aminoBytes,
  aminoMultisig,
  bitsOf,
  directTransaction,
  encodeMessage,
  multisigOf,
  protobufMessageOf,
  protobufOf,
  signBytes,
  signerOf,
  textOf,
} from '../fixtures/foreign-keys.ts';
import { makeForeign } from '../fixtures/foreign.ts';

const CHAIN_ID = 'Rehearsal_9000-1';

/** What is said of signatures, with its places. */
function told(report: GenesisReport): readonly string[] {
  return report.findings
    .filter(({ rule }) => /signature|signer$|genesis-transaction|missing-member|signed-form/.test(rule))
    .map(({ rule, path }) => `${rule} ${path}`);
}

/** A document whose first genesis transaction is another; its signer holds what it delegates. */
function withFirst(transaction: Loose, holder: string): Loose {
  const document = makeForeign();
  const { auth, bank, genutil } = document.app_state;
  genutil.gen_txs[0] = transaction;
  auth.accounts[0].address = holder;
  bank.balances[0].address = holder;
  return document;
}

const counts = (valid: number, invalid: number, uncheckable: number) => ({ valid, invalid, uncheckable });

test('what is signed in amino-JSON has sorted keys and the letters of Go', () => {
  const [bytes, ...others] = aminoSignBytes({
    chainId: 'c-1',
    fee: { gas: '200000', amount: [] },
    memo: 'a<b>&c\u2028\u2029"\\/\u0001ŝ🜁',
    timeoutHeight: 0n,
    message: { type: 'cosmos-sdk/MsgCreateValidator', value: { b: '1', a: { d: '2', c: '3' } } },
  });
  assert.deepEqual(others, []);
  assert.equal(
    fromUtf8(bytes as Uint8Array),
    String.raw`{"account_number":"0","chain_id":"c-1","fee":{"amount":[],"gas":"200000"},"memo":"a\u003cb\u003e\u0026c\u2028\u2029\"\\/\u0001ŝ🜁","msgs":[{"type":"cosmos-sdk/MsgCreateValidator","value":{"a":{"c":"3","d":"2"},"b":"1"}}],"sequence":"0"}`,
  );
});

test('backspace and form feed are tried as both ages of Go write them; a backslash before a letter is left alone', () => {
  const parts = { chainId: 'c', fee: {}, timeoutHeight: 9n, message: { type: 't', value: {} } };
  const texts = aminoSignBytes({ ...parts, memo: '\b\f\\b' }).map((bytes) => fromUtf8(bytes));
  assert.deepEqual(
    texts.map((text) => /"memo":"(.*?)","msgs"/.exec(text)?.[1]),
    [String.raw`\b\f\\b`, String.raw`\u0008\u000c\\b`],
  );
  assert.ok(texts[0]?.includes('"timeout_height":"9"'));
});

test('a description that leaves texts out is tried with them as empty', () => {
  assert.equal(aminoMessageForms({ description: { moniker: 'x' } }).length, 3);
  const all = { moniker: '', identity: '', website: '', details: '', security_contact: '' };
  assert.equal(aminoMessageForms({ description: all }).length, 1);
});

test('threshold signatures of amino-JSON: any two of three, not one, not by another key', async () => {
  const chainId = 'flat-1';
  for (const [positions, expected] of [
    [[0, 1], counts(4, 0, 0)],
    [[1, 2], counts(4, 0, 0)],
    [[0, 1, 2], counts(4, 0, 0)],
    [[1], counts(3, 1, 0)],
    [[], counts(3, 1, 0)],
  ] as const) {
    const document = makeFlat();
    document.app_state.gentxs[3] = aminoMultisig(chainId, 3, positions);
    const report = await judge(document);
    assert.deepEqual(report.summary.declarationSignatures, expected, positions.join());
    if (expected.invalid > 0)
      assert.deepEqual(told(report), ['foreign.signature /app_state/gentxs/3/value/signatures/0/signature']);
  }
});

test('a bit beyond the last key, with a signature for it, is no signature', async () => {
  const document = makeFlat();
  document.app_state.gentxs[3] = aminoMultisig('flat-1', 3, [0, 2]);
  const { signatures } = document.app_state.gentxs[3].value;
  const writer = new BinaryWriter();
  writer.uint32(10).bytes(CompactBitArray.encode(bitsOf([0, 2, 5])).finish());
  for (let i = 0; i < 3; i++) writer.uint32(18).bytes(base64.decode(signatures[0].signature).subarray(9, 73));
  signatures[0].signature = base64.encode(writer.finish());
  const report = await judge(document);
  assert.deepEqual(report.summary.declarationSignatures, counts(3, 1, 0));
  assert.deepEqual(told(report), [
    'foreign.genesis-transaction /app_state/gentxs/3/value/signatures/0/signature',
  ]);
});

test('every bit of a threshold signature counts', async () => {
  const whole = base64.decode(makeFlat().app_state.gentxs[3].value.signatures[0].signature);
  for (let i = 0; i < whole.length; i++) {
    const bytes = whole.slice();
    bytes[i] = (bytes[i] ?? 0) ^ (1 << (i % 8));
    const document = makeFlat();
    document.app_state.gentxs[3].value.signatures[0].signature = base64.encode(bytes);
    const { summary } = await judge(document);
    assert.deepEqual(summary.declarationSignatures, counts(3, 1, 0), `byte ${i}`);
  }
});

test('missing texts of an amino description are told, and the signature still stands', async () => {
  const document = makeFlat();
  delete document.app_state.gentxs[1].value.msg[0].value.description.identity;
  const report = await judge(document);
  assert.ok(report.valid);
  assert.deepEqual(told(report), [
    'foreign.missing-member /app_state/gentxs/1/value/msg/0/value/description/identity',
  ]);
  assert.deepEqual(report.summary.declarationSignatures, counts(4, 0, 0));
});

test('what is direct covers memo, fee, and every member of the message', async () => {
  const options = { memo: 'node@10.0.0.1:26656', fee: [{ denom: 'stake', amount: '12' }] };
  const document = makeForeign();
  document.app_state.genutil.gen_txs[2] = directTransaction(CHAIN_ID, 2, options);
  assert.deepEqual((await judge(document)).summary.declarationSignatures, counts(4, 0, 0));
  for (const change of [
    (d: Loose) => (d.body.memo = 'x'),
    (d: Loose) => (d.body.timeout_height = '1'),
    (d: Loose) => (d.auth_info.fee.amount[0].amount = '13'),
    (d: Loose) => (d.auth_info.fee.gas_limit = '200001'),
    (d: Loose) => (d.auth_info.fee.payer = signerOf(2).address),
    (d: Loose) => (d.auth_info.tip = { amount: [], tipper: '' }),
    (d: Loose) => (d.body.unordered = true),
    (d: Loose) => (d.body.timeout_timestamp = '2022-01-01T00:00:00Z'),
    (d: Loose) => (d.body.messages[0].min_self_delegation = '2'),
  ]) {
    const forged = structuredClone(document);
    change(forged.app_state.genutil.gen_txs[2]);
    const report = await judge(forged);
    assert.deepEqual(
      told(report),
      ['foreign.signature /app_state/genutil/gen_txs/2/signatures/0'],
      change.toString(),
    );
    assert.deepEqual(report.summary.declarationSignatures, counts(3, 1, 0));
  }
});

test('members, messages, modes and keys that are not known make a signature uncheckable, by name', async () => {
  for (const [path, change] of [
    ['body/messages/0/evm_address', (d: Loose) => (d.body.messages[0].evm_address = '0x00')],
    ['body/messages/0/description/motto', (d: Loose) => (d.body.messages[0].description.motto = '')],
    ['body/messages/0/@type', (d: Loose) => (d.body.messages[0]['@type'] = '/fork.v1.MsgCreateValidator')],
    [
      'body/messages/1/@type',
      (d: Loose) => d.body.messages.push({ '@type': '/gravity.v1.MsgSetOrchestratorAddress' }),
    ],
    [
      'body/messages/0/pubkey',
      (d: Loose) => (d.body.messages[0].pubkey['@type'] = '/fork.crypto.bls.PubKey'),
    ],
    ['body/messages/0/pubkey/proof', (d: Loose) => (d.body.messages[0].pubkey.proof = 'AA==')],
    ['body/extension_options/0', (d: Loose) => d.body.extension_options.push({ '@type': '/x' })],
    ['auth_info/fee/tax', (d: Loose) => (d.auth_info.fee.tax = '1')],
    [
      'auth_info/signer_infos/0/public_key',
      (d: Loose) => (d.auth_info.signer_infos[0].public_key['@type'] = '/fork.PubKey'),
    ],
    [
      'auth_info/signer_infos/0/mode_info/single/mode',
      (d: Loose) => (d.auth_info.signer_infos[0].mode_info.single.mode = 'SIGN_MODE_TEXTUAL'),
    ],
  ] as const) {
    const document = makeForeign();
    change(document.app_state.genutil.gen_txs[1]);
    const report = await judge(document);
    assert.deepEqual(report.summary.declarationSignatures, counts(3, 0, 1), path);
    assert.deepEqual(told(report), [`foreign.signature-uncheckable /app_state/genutil/gen_txs/1/${path}`]);
  }
});

test('unknown members of amino-JSON make a signature uncheckable, though the rest verifies', async () => {
  for (const [path, change] of [
    ['value/msg/0/value/delegation', (d: Loose) => (d.value.msg[0].value.delegation = {})],
    ['value/msg/0/type', (d: Loose) => (d.value.msg[0].type = 'fork/MsgCreateValidator')],
    ['value/fee/tax', (d: Loose) => (d.value.fee.tax = null)],
    ['value/source', (d: Loose) => (d.value.source = '')],
    ['type', (d: Loose) => (d.type = 'fork/StdTx')],
    [
      'value/signatures/0/pub_key',
      (d: Loose) => (d.value.signatures[0].pub_key.type = 'tendermint/PubKeySr25519'),
    ],
  ] as const) {
    const document = makeFlat();
    change(document.app_state.gentxs[0]);
    const report = await judge(document);
    assert.deepEqual(report.summary.declarationSignatures, counts(3, 0, 1), path);
    assert.deepEqual(told(report), [`foreign.signature-uncheckable /app_state/gentxs/0/${path}`]);
  }
});

/** The message as it is signed in amino-JSON: written out here by hand. */
function aminoOf(message: Loose): Loose {
  const { '@type': _type, pubkey, description, ...others } = message;
  const texts = Object.entries(description).filter(([, text]) => text !== '');
  return {
    ...others,
    description: Object.fromEntries(texts),
    pubkey: { type: 'tendermint/PubKeyEd25519', value: pubkey.key },
  };
}

test('a transaction in protobuf-JSON may be signed as amino-JSON', async () => {
  const signer = signerOf(0);
  const message = protobufMessageOf(0, signer);
  const bytes = aminoBytes(CHAIN_ID, aminoOf(message), { amount: [], gas: '200000' }, '');
  const transaction = protobufOf(message, {
    key: { '@type': '/cosmos.crypto.secp256k1.PubKey', key: signer.pubkey.value },
    mode: { single: { mode: 'SIGN_MODE_LEGACY_AMINO_JSON' } },
    signature: signBytes(signer.secret, bytes),
  });
  assert.deepEqual(
    (await judge(withFirst(transaction, signer.address))).summary.declarationSignatures,
    counts(4, 0, 0),
  );
  transaction.body.messages[0].commission.rate = '0.110000000000000000';
  assert.deepEqual(
    (await judge(withFirst(transaction, signer.address))).summary.declarationSignatures,
    counts(3, 1, 0),
  );
});

/** A transaction by a threshold key of three, signed by the members at the positions. */
function protobufMultisig(
  positions: readonly number[],
  mode: string,
): { transaction: Loose; address: string } {
  const key = multisigOf(300, 3, 2);
  const message = protobufMessageOf(0, key);
  const modeInfos = positions.map(() => ({ single: { mode } }));
  const modeNumber = mode === 'SIGN_MODE_DIRECT' ? 1 : 127;
  const auth = AuthInfo.fromPartial({
    signerInfos: [
      {
        publicKey: encodePubkey(key.pubkey),
        modeInfo: {
          multi: {
            bitarray: bitsOf(positions),
            modeInfos: positions.map(() => ({ single: { mode: modeNumber } })),
          },
        },
      },
    ],
    fee: { gasLimit: 200_000n },
  });
  const body = TxBody.fromPartial({
    messages: [{ typeUrl: message['@type'], value: encodeMessage(message) }],
  });
  const bytes =
    mode === 'SIGN_MODE_DIRECT'
      ? SignDoc.encode({
          bodyBytes: TxBody.encode(body).finish(),
          authInfoBytes: AuthInfo.encode(auth).finish(),
          chainId: CHAIN_ID,
          accountNumber: 0n,
        }).finish()
      : aminoBytes(CHAIN_ID, aminoOf(message), { amount: [], gas: '200000' }, '');
  const signatures = positions.map((position) =>
    base64.decode(signBytes(key.members[position]?.secret as Uint8Array, bytes)),
  );
  const transaction = protobufOf(message, {
    key: {
      '@type': '/cosmos.crypto.multisig.LegacyAminoPubKey',
      threshold: 2,
      public_keys: key.members.map(({ pubkey }) => ({
        '@type': '/cosmos.crypto.secp256k1.PubKey',
        key: pubkey.value,
      })),
    },
    mode: {
      multi: {
        bitarray: { extra_bits_stored: 3, elems: base64.encode(bitsOf(positions).elems) },
        mode_infos: modeInfos,
      },
    },
    signature: base64.encode(MultiSignature.encode({ signatures }).finish()),
  });
  return { transaction, address: key.address };
}

test('threshold signatures of protobuf-JSON, in both modes', async () => {
  for (const mode of ['SIGN_MODE_LEGACY_AMINO_JSON', 'SIGN_MODE_DIRECT']) {
    for (const [positions, valid] of [
      [[0, 2], 4],
      [[0, 1, 2], 4],
      [[2], 3],
    ] as const) {
      const { transaction, address } = protobufMultisig(positions, mode);
      const report = await judge(withFirst(transaction, address));
      assert.deepEqual(
        report.summary.declarationSignatures,
        counts(valid, 4 - valid, 0),
        `${mode} ${positions.join()}`,
      );
    }
    const { transaction, address } = protobufMultisig([0, 2], mode);
    transaction.auth_info.signer_infos[0].mode_info.multi.bitarray.elems = base64.encode(
      bitsOf([0, 1]).elems,
    );
    assert.deepEqual(
      (await judge(withFirst(transaction, address))).summary.declarationSignatures,
      counts(3, 1, 0),
    );
  }
});

test('the address of a threshold key depends on the order of its members', () => {
  const { members, pubkey } = multisigOf(300, 3, 2);
  const turned = createMultisigThresholdPubkey(members.map((member) => member.pubkey).toReversed(), 2, true);
  assert.notDeepEqual(turned, pubkey);
});

test('keys of Ethereum: valid by Keccak-256, uncheckable otherwise, since they may sign typed data', async () => {
  const { secret, pubkey } = signerOf(0);
  const point = secp256k1.Point.fromBytes(base64.decode(pubkey.value)).toBytes(false);
  const bytes = keccak_256(point.subarray(1)).subarray(12);
  const holder = { address: textOf(bytes), operator: textOf(bytes, 'cosmosvaloper') };
  const message = protobufMessageOf(0, holder);
  const typeUrl = '/ethermint.crypto.v1.ethsecp256k1.PubKey';
  const signDoc = SignDoc.encode({
    bodyBytes: TxBody.encode(
      TxBody.fromPartial({ messages: [{ typeUrl: message['@type'], value: encodeMessage(message) }] }),
    ).finish(),
    authInfoBytes: AuthInfo.encode(
      AuthInfo.fromPartial({
        signerInfos: [
          { publicKey: { typeUrl, value: encodePubkey(pubkey).value }, modeInfo: { single: { mode: 1 } } },
        ],
        fee: { gasLimit: 200_000n },
      }),
    ).finish(),
    chainId: CHAIN_ID,
    accountNumber: 0n,
  }).finish();
  const signature = secp256k1.sign(keccak_256(signDoc), secret, { prehash: false });
  const transaction = protobufOf(message, {
    key: { '@type': typeUrl, key: pubkey.value },
    mode: { single: { mode: 'SIGN_MODE_DIRECT' } },
    signature: base64.encode(signature),
  });
  const report = await judge(withFirst(transaction, holder.address));
  assert.deepEqual(report.summary.declarationSignatures, counts(4, 0, 0));
  transaction.body.memo = 'other';
  const other = await judge(withFirst(transaction, holder.address));
  assert.deepEqual(other.summary.declarationSignatures, counts(3, 0, 1));
});

test('a signature with S in the upper half is told apart from a forged one', async () => {
  const document = makeForeign();
  const { signatures } = document.app_state.genutil.gen_txs[0];
  const { r, s } = secp256k1.Signature.fromBytes(base64.decode(signatures[0]), 'compact');
  signatures[0] = base64.encode(new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s).toBytes('compact'));
  const report = await judge(document);
  assert.deepEqual(told(report), ['foreign.signature-malleable /app_state/genutil/gen_txs/0/signatures/0']);
  assert.deepEqual(report.summary.declarationSignatures, counts(3, 1, 0));
});

test('a key of another account is told, though its signature verifies', async () => {
  const document = makeForeign((message, index) => {
    if (index === 1) message.delegator_address = signerOf(3).address;
  });
  const report = await judge(document);
  assert.deepEqual(told(report), [
    'foreign.signer /app_state/genutil/gen_txs/1/auth_info/signer_infos/0/public_key',
    'foreign.signer /app_state/genutil/gen_txs/1/body/messages/0/validator_address',
  ]);
  assert.deepEqual(report.summary.declarationSignatures, counts(3, 1, 0));
});

test('a transaction without a delegator, as SDK 0.50 writes it, is that of its operator', async () => {
  const document = makeForeign((message) => {
    message.delegator_address = '';
  });
  const report = await judge(document);
  assert.ok(report.valid, JSON.stringify(report.findings));
  assert.deepEqual(report.summary.declarationSignatures, counts(4, 0, 0));
});

test('signatures of another chain are told one by one', async () => {
  const document = makeForeign();
  document.chain_id = 'Rehearsal_9000-2';
  const report = await judge(document);
  assert.deepEqual(report.summary.declarationSignatures, counts(0, 4, 0));
  assert.equal(told(report).length, 4);
});
