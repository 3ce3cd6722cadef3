/** Runs in the browser: what the test asks of the light client, over the page's own server. */
import { fromHex, isCodedError, referenceVerifier, toHex } from '#kernel';
import {
  createApi,
  createLightClient,
  restLightSource,
  webCryptoVerifier,
  type LightClient,
  type TrustRoot,
} from '#client';

export interface Setup {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly timeMs: number;
  readonly nowMs: number;
  readonly validators: readonly { readonly publicKey: string; readonly power: number }[];
}

export interface Measured {
  readonly hash: string;
  readonly elapsedMs: number;
}

type VerifierName = 'web-crypto' | 'portable';

function clientOf(base: string, setup: Setup, verifier: VerifierName): LightClient {
  const identity = { chainId: setup.chainId, genesisHash: fromHex(setup.genesisHash) };
  const validators = setup.validators.map(({ publicKey, power }) => ({
    publicKey: fromHex(publicKey),
    power,
  }));
  const trust: TrustRoot = { kind: 'genesis', initialHeight: 1, timeMs: setup.timeMs, validators };
  return createLightClient({ identity, trust, rules: { trustingPeriodMs: 14 * 86_400_000 } })({
    primary: restLightSource(createApi({ url: base }), identity),
    clock: { now: () => setup.nowMs },
    verifier: verifier === 'portable' ? referenceVerifier : webCryptoVerifier(globalThis.crypto?.subtle),
  });
}

async function verifyHead(base: string, setup: Setup, verifier: VerifierName): Promise<Measured> {
  const client = clientOf(base, setup, verifier);
  const startMs = performance.now();
  const { hash } = await client.latest();
  return { hash: toHex(hash), elapsedMs: performance.now() - startMs };
}

/** Codes of the refusals of forged heads, one a base; `accepted` where there was none. */
async function judge(bases: readonly string[], setup: Setup): Promise<string[]> {
  const codes: string[] = [];
  for (const base of bases) {
    try {
      await clientOf(base, setup, 'web-crypto').latest();
      codes.push('accepted');
    } catch (error) {
      codes.push(isCodedError(error) ? error.code : String(error));
    }
  }
  return codes;
}

/** What the test calls in the page. */
export const pageApi = { verifyHead, judge };
Object.assign(globalThis, { pageApi });
