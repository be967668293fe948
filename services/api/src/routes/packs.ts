import type { Pack, PackSummary } from '@parse3d/contract';
import { Router } from 'express';
import type { ApiDeps } from '../deps.js';
import { requireScope } from '../http/auth.js';

/** `GET /v1/packs`: the models of this server and what each can find. */
export function packRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/packs', requireScope(deps.apiKeys, 'packs:read'), (_request, response) => {
    const packs = deps.packs.packs.map((pack) => summarise(pack, deps.config.PARSE3D_DEFAULT_PACK));
    response.json({ packs });
  });
  return router;
}

function summarise(pack: Pack, defaultPack: string): PackSummary {
  const { id, version, title, description, kind, modalities, licence, citation, intendedUse, demonstration } = pack;
  const targets = pack.kind === 'label-map' ? pack.model.classes : pack.targets;
  return {
    id,
    version,
    title,
    description,
    kind,
    modalities,
    licence: licence.spdx,
    ...(citation === undefined ? {} : { citation }),
    intendedUse,
    demonstration,
    default: id === defaultPack,
    targets: targets.map(({ name, side, synonyms, colour }) => ({
      name,
      ...(side === undefined ? {} : { side }),
      synonyms,
      ...(colour === undefined ? {} : { colour }),
    })),
  };
}
