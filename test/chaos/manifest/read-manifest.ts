import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { nearest } from '../../../node/configuration/nearest.ts';
import { chaosError } from '../errors.ts';
import { checkManifest } from './check-manifest.ts';
import { recoverySeconds } from './quorum.ts';
import {
  ACTIONS,
  ACTION_KINDS,
  ManifestFrame,
  NodeSchema,
  StepWait,
  Together,
  type Action,
  type ActionKind,
  type Manifest,
  type ManifestNode,
  type ManifestWait,
  type Step,
} from './schema.ts';

const MANIFEST_BYTES_MAX = 256 * 1024;
const DEFAULTS = {
  seed: 1,
  load: { perSecond: 10, senders: 50, validHeights: 100 },
  waitHeights: 3,
  end: { heights: 3, withinSeconds: 60 },
};

/**
 * Judges the text of a manifest, YAML or JSON, and fills the defaults in.
 *
 * @throws `chaos.unreadable-manifest`, `chaos.invalid-manifest` with every finding, each naming its place
 */
export function readManifest(text: string, source = 'the manifest'): Manifest {
  if (text.length > MANIFEST_BYTES_MAX) {
    throw chaosError('unreadable-manifest', `${source} is longer than ${MANIFEST_BYTES_MAX} characters`);
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw chaosError('unreadable-manifest', `${source} is not YAML: ${reason}`, {}, { cause });
  }
  const findings: string[] = [];
  const manifest = shapeOf(value, findings);
  if (manifest !== undefined) findings.push(...checkManifest(manifest));
  if (manifest === undefined || findings.length > 0) {
    const message = `${source} cannot be run:\n${findings.map((finding) => `  ${finding}`).join('\n')}`;
    throw chaosError('invalid-manifest', message, { findings });
  }
  return manifest;
}

/** The manifest with its defaults; undefined when its shape is wrong, and then `findings` says why. */
function shapeOf(value: unknown, findings: string[]): Manifest | undefined {
  findings.push(...faultsOf(ManifestFrame, value, ''));
  if (!isObject(value)) return undefined;
  const nodes = isObject(value['nodes']) ? value['nodes'] : {};
  const steps = Array.isArray(value['perturb']) ? (value['perturb'] as unknown[]) : [];
  const read = steps.map((step, index) => stepOf(step, `perturb[${index}]`, findings));
  if (findings.length > 0) return undefined;
  const frame = value as {
    name: string;
    about?: string;
    seed?: number;
    settings?: Record<string, unknown>;
    load?: { perSecond: number; senders: number; validHeights?: number };
    wait?: ManifestWait;
  };
  const known = { nodes: nodes as Record<string, ManifestNode> };
  return {
    name: frame.name,
    about: frame.about ?? '',
    seed: frame.seed ?? DEFAULTS.seed,
    nodes: known.nodes,
    settings: frame.settings ?? {},
    load: { ...DEFAULTS.load, ...frame.load },
    perturb: read.map(({ actions, wait }): Step => {
      const heights = DEFAULTS.waitHeights;
      return { actions, wait: wait ?? { heights, withinSeconds: recoverySeconds(known, { actions }) + 30 } };
    }),
    wait: frame.wait ?? DEFAULTS.end,
  };
}

interface ReadStep {
  readonly actions: readonly Action[];
  readonly wait: ManifestWait | undefined;
}

/** A step is one action, or several under `together`. */
function stepOf(value: unknown, at: string, findings: string[]): ReadStep {
  if (!isObject(value)) {
    findings.push(`${at}: is not an action; write "do: ${ACTION_KINDS.join(' | ')}" and its keys`);
    return { actions: [], wait: undefined };
  }
  if ('together' in value) {
    findings.push(...faultsOf(Together, value, at));
    const parts = Array.isArray(value['together']) ? (value['together'] as unknown[]) : [];
    parts.forEach((part, index) => actionFaults(part, `${at}.together[${index}]`, findings));
    return { actions: parts as Action[], wait: value['wait'] as ManifestWait | undefined };
  }
  const { wait, ...action } = value;
  if (wait !== undefined) findings.push(...faultsOf(StepWait, wait, `${at}.wait`));
  actionFaults(action, at, findings);
  return { actions: [action as Action], wait: wait as ManifestWait | undefined };
}

function actionFaults(value: unknown, at: string, findings: string[]): void {
  const kind = isObject(value) ? value['do'] : undefined;
  if (typeof kind !== 'string' || !isKind(kind)) {
    const near = typeof kind === 'string' ? nearest(kind, ACTION_KINDS) : undefined;
    const given = kind === undefined ? 'is missing' : `is ${JSON.stringify(kind)}`;
    const hint = near === undefined ? `one of ${ACTION_KINDS.join(', ')}` : `did you mean "${near}"?`;
    findings.push(`${at}.do: ${given}; ${hint}`);
    return;
  }
  findings.push(...faultsOf(ACTIONS[kind], value, at));
}

function isKind(kind: string): kind is ActionKind {
  return (ACTION_KINDS as string[]).includes(kind);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with a value, each fault with its place, and with the word that was probably meant. */
function faultsOf(schema: TSchema, value: unknown, at: string): string[] {
  const faults: string[] = [];
  for (const { keyword, instancePath, params, message } of Value.Errors(schema, value)) {
    const place = placeOf(at, instancePath);
    if (keyword === 'additionalProperties') {
      const { additionalProperties } = params;
      for (const key of additionalProperties) {
        const near = nearest(key, keysAt(schema, instancePath));
        faults.push(
          `${place === '' ? '' : `${place}.`}${key}: is no key here${near === undefined ? '' : `; did you mean "${near}"?`}`,
        );
      }
    } else if (keyword === 'enum') {
      const { allowedValues } = params as { allowedValues: string[] };
      faults.push(`${place}: must be one of ${allowedValues.join(', ')}`);
      // Of a forbidden key the library says as well that its schema is false.
    } else if (keyword !== 'boolean') faults.push(`${place === '' ? 'the manifest' : place}: ${message}`);
  }
  return faults;
}

/** `perturb[1].nodes[0]` of `perturb[1]` and `/nodes/0`. */
function placeOf(at: string, pointer: string): string {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`));
  return `${at}${parts.join('')}`.replace(/^\./, '');
}

/** The keys that an object at a place may have. */
function keysAt(schema: TSchema, pointer: string): string[] {
  if (/^\/nodes\/[^/]+$/.test(pointer)) return Object.keys(NodeSchema.properties);
  let at = schema as { properties?: Record<string, TSchema> };
  for (const part of pointer.split('/').slice(1)) at = at.properties?.[part] ?? {};
  return Object.keys(at.properties ?? {});
}
