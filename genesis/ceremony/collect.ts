import { compareBytes, isCodedError, parseAddress, utf8, type Clock } from '#kernel';
import type { GenesisDocument, GenesisValidator } from '../document/document.ts';
import { readJson } from '../document/read-json.ts';
import { Findings } from '../report/findings.ts';
import type { Finding } from '../report/report.ts';
import { validateGenesis, type JudgeOptions } from '../validate.ts';
import { draftText } from './draft.ts';

/** A file that somebody sent. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A finding in somebody's file; the path points into that file. */
export interface FileFinding extends Finding {
  readonly file: string;
  /** Name and contact that the file gives; empty where it gives none. */
  readonly contributor: string;
}

export interface Collected {
  /** The draft with exactly the declarations of the files as its validators, ordered by operator. */
  readonly document: GenesisDocument;
  /** What is wrong with declarations, by file. */
  readonly findings: readonly FileFinding[];
  /** What the rules say of the document as a whole. */
  readonly general: readonly Finding[];
  readonly declarations: readonly {
    readonly file: string;
    readonly contributor: string;
    readonly stake: string;
  }[];
  /** No declaration has an error. */
  readonly complete: boolean;
}

/** A file that holds a declaration, whatever is wrong in it. */
interface Declared {
  readonly file: string;
  readonly contributor: string;
  readonly validator: GenesisValidator;
}

/**
 * Puts declarations into a draft and finds every fault of each at once, by the rules that the whole genesis is
 * judged by. Whoever collects the same declarations into the same draft gets the same document.
 */
export async function collectDeclarations(
  draft: GenesisDocument,
  files: readonly NamedFile[],
  options: JudgeOptions & { readonly clock: Clock },
): Promise<Collected> {
  const findings: FileFinding[] = [];
  const declared = files.flatMap((file) => {
    const read = readDeclarationFile(file, draft.chainId);
    findings.push(...read.findings);
    return read.declared === undefined ? [] : [read.declared];
  });
  declared.sort((a, b) => compareOperators(a, b) || (a.file < b.file ? -1 : 1));
  const document = { ...draft, validators: declared.map(({ validator }) => validator) };
  const report = await validateGenesis(utf8(draftText(document)), options.clock, options);
  const general: Finding[] = [];
  for (const finding of report.findings) {
    const at = /^\/validators\/(\d+)(\/.*)?$/.exec(finding.path);
    const owner = at === null ? undefined : declared[Number(at[1])];
    if (owner === undefined) general.push(finding);
    else {
      const message = nameFiles(finding.message, declared);
      const { file, contributor } = owner;
      findings.push({ ...finding, message, path: `/validator${at?.[2] ?? ''}`, file, contributor });
    }
  }
  const order = new Map(files.map(({ name }, index) => [name, index]));
  findings.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0));
  return {
    document,
    findings,
    general,
    declarations: declared.map(({ file, contributor, validator }) => ({
      file,
      contributor,
      stake: typeof validator.stake === 'string' ? validator.stake : '',
    })),
    complete: findings.every(({ severity }) => severity !== 'error'),
  };
}

/** The findings of one file, with whose it is. */
export function ofFile(found: Findings, file: string, contributor: string): FileFinding[] {
  return found
    .sorted()
    .map(({ rule, severity, path, message }) => ({ rule, severity, path, message, file, contributor }));
}

/** Findings name other places of the document, which are in other people's files. */
function nameFiles(message: string, declared: readonly Declared[]): string {
  return message.replaceAll(/\/validators\/(\d+)/g, (place, index) => declared[Number(index)]?.file ?? place);
}

function readDeclarationFile(
  { name, bytes }: NamedFile,
  chainId: string,
): { declared?: Declared; findings: readonly FileFinding[] } {
  const found = new Findings();
  const value: unknown = readJson(bytes, found)?.value;
  const file = asRecord(value);
  const validator = asRecord(file?.['validator']);
  const contributor = contributorOf(validator);
  const finish = (declared?: Declared) => ({
    ...(declared !== undefined && { declared }),
    findings: ofFile(found, name, contributor),
  });
  if (found.hasErrors) return finish();
  if (file?.['kind'] !== 'bizra-declaration' || file['version'] !== 1 || validator === undefined) {
    found.add('ceremony.file-kind', '', 'the file is no declaration of version 1 with a "validator" in it');
    return finish();
  }
  if (file['chainId'] !== chainId) {
    const given = JSON.stringify(file['chainId'])?.slice(0, 80) ?? 'nothing';
    found.add('ceremony.chain', '/chainId', `the declaration is for ${given}; the draft is of "${chainId}"`);
    return finish();
  }
  for (const member of Object.keys(file)) {
    if (['kind', 'version', 'chainId', 'validator'].includes(member)) continue;
    found.add('genesis.unknown-member', `/${member}`, `a declaration has no member "${member.slice(0, 80)}"`);
  }
  // The rules say what is not as it should be: a declaration of any shape stands in the trial document.
  return finish({ file: name, contributor, validator: validator as unknown as GenesisValidator });
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

function contributorOf(validator: Readonly<Record<string, unknown>> | undefined): string {
  const identity = asRecord(validator?.['identity']);
  const text = (name: string): string => {
    const value = identity?.[name];
    return typeof value === 'string' ? value.slice(0, 120) : '';
  };
  const contact = text('contact');
  return `${text('name')}${contact === '' ? '' : ` <${contact}>`}`.trim();
}

/** By the bytes of the operators' addresses; what has none comes last. */
function compareOperators(a: Declared, b: Declared): number {
  const [left, right] = [a, b].map(({ validator }) => {
    try {
      if (typeof validator.operator !== 'string') return undefined;
      return parseAddress(validator.operator);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      return undefined;
    }
  });
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  return compareBytes(left, right);
}
