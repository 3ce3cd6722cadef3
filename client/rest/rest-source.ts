import type { ChainIdentity } from '#services/transaction/portable';
import { makeLightBlock } from '../domain/light-block.ts';
import type { LightBlockSource } from '../ports.ts';
import type { Api } from './api.ts';
import { readCommit, readHeader, readValidators } from './read-light-block.ts';

/** A node's REST interface as a source of light blocks (`GET /api/v2/light/{height}`). */
export function restLightSource(api: Api, identity: ChainIdentity): LightBlockSource {
  return {
    name: api.name,
    async lightBlock(height) {
      const answer = await api.get(`/light/${height}`);
      const parts = {
        header: readHeader(answer.member('header')),
        commit: readCommit(answer.member('commit')),
        validators: readValidators(answer.member('validators')),
      };
      const block = makeLightBlock(parts, identity);
      if (!block.ok) throw block.error;
      return block.value;
    },
  };
}
