import { seededRandom } from "../../random.ts";

/** As those of text-embedding-3-small. */
export const dimensions = 1_536;
const clusters = 200;
/** Length of the noise beside a centre of length 1: two vectors of one cluster have a cosine of about .69. */
const spread = 0.67;

/** Vectors that are the same in every run, each made when it is asked for. */
export interface VectorSet {
  /** Unit vector `index`, from 0; any number of them. */
  stored(index: number): number[];
  /** A unit vector of the same clusters that is none of those stored. */
  query(index: number): number[];
}

/**
 * Clustered unit vectors: a centre, drawn at random for each vector, and Gaussian noise about it, normalised.
 *
 * Embeddings of texts lie in clusters; independent directions in 1,536 dimensions are all equally far from one
 * another, so that no graph finds the nearest and no figure says anything.
 */
export function clusteredVectors(seed = 42): VectorSet {
  const centres = Array.from({ length: clusters }, (_, at) => gaussian(seededRandom(seed + at), 1));
  const at = (stream: number, index: number): number[] => {
    // Odd multipliers keep the seeds of neighbours, and of the two streams, apart.
    const random = seededRandom(Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(stream + seed, 0x85ebca6b));
    const centre = centres[Math.floor(random() * clusters)] ?? [];
    const noise = gaussian(random, spread);
    return unit(noise.map((value, dimension) => value + (centre[dimension] ?? 0)));
  };
  return { stored: (index) => at(1, index), query: (index) => at(2, index) };
}

/** Independent normal numbers by Box and Muller's method, of the given length together. */
function gaussian(random: () => number, length: number): number[] {
  const scale = length / Math.sqrt(dimensions);
  const values: number[] = [];
  while (values.length < dimensions) {
    const radius = scale * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values.push(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  return values;
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
