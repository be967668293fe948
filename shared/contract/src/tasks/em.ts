import { one, tasksOf } from './build.js';

/** Targets in electron microscopy. */
export const em = tasksOf('em', [
  {
    group: 'cells and tissue',
    tasks: [
      one('endolysosomes', 'lysosome'),
      one('mitochondria', 'mitochondrion'),
      one('nuclei', 'cell nucleus', 'nucleus'),
      one('neuronal ultrastructure', 'neuron ultrastructure', 'neuronal structure'),
      one('synaptic clefts', 'synapse'),
      one('axon'),
    ],
  },
]);
