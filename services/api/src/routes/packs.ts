import { PackList, type Pack, type PackSummary } from '@parse3d/contract';
import { json } from '../http/answers.js';
import { operation } from '../http/operation.js';

export const packRoutes = [
  operation({
    method: 'get',
    path: '/v1/packs',
    scope: 'packs:read',
    id: 'listPacks',
    summary: 'Models of this server',
    tag: 'packs',
    answers: { '200': json(PackList, 'Packs and their targets.') },
    handler({ response }, { packs, config }) {
      response.json({ packs: packs.packs.map((pack) => summarise(pack, config.PARSE3D_DEFAULT_PACK)) });
    },
  }),
];

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
