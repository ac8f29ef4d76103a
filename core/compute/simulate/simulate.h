// The workload "simulate", version 1: a physical system advanced in integers, commit by commit.
//
// parameters {"system": "lattice", …}  a fluid, lattice-Boltzmann D3Q19: lattice_parameters.h
//            {"system": "bodies", …}   gravity among bodies: bodies_run.h
// inputs     "mask" or "bodies" where the parameters say so
// steps      chained. Of a lattice, step i is steps_per_commit time steps; of bodies it is one.
// state      lattice_run.h and bodies_run.h: one tensor whose rows are bricks, or blocks of bodies
// result     the last state; as a file picture.png. artefact() draws any state's bytes: pictures of
//            states that a prover kept make a film.
//
// What a thin check reads. A brick after a commit follows from the bricks within
// ceil(steps_per_commit / 4) of it before: Reach::neighbours. A block of bodies follows from all of
// them: Reach::whole_state, at blocks / n of a step's cost. check_rows() computes rows whole, so it
// has no columns and convicts with a scalar Engine.
//
// How many time steps to commit together is the order's choice. A commit hashes 76 bytes a cell, as
// long as about one time step of a core takes: with the default of 48 it costs 2 to 3 % of the
// job. A brick's check then reads 12 bricks on either side, all of a small grid: it is thin where
// the grid is wide or flat, or the commits are close. With c = steps_per_commit it computes about
// (4 + 2c)^4 / 8 cell updates of c * cells (of a grid one brick deep, 2/3 (4 + 2c)^3).
//
// Cost, as multiply-adds or the like: 200 of a cell's time step, 20 of a pair of bodies (all n^2).
#pragma once

#include "core/compute/program.h"

namespace assay::compute {

//   malformed    parameters or input outside the schema or the caps: which, and what is allowed
//   no_evidence  an input could not be had (handed on from `inputs`)
Result<std::unique_ptr<Program>> load_simulate(const wire::WorkloadSpec& spec,
                                               const InputSource& inputs, const Caps& caps);

namespace simulate {

class Lattice;
class Bodies;

// The systems themselves, for benches, tests and devices. Errors as above.
Result<Lattice> load_lattice(const wire::WorkloadSpec& spec, const InputSource& inputs,
                             const Caps& caps);
Result<Bodies> load_bodies(const wire::WorkloadSpec& spec, const InputSource& inputs,
                           const Caps& caps);

}  // namespace simulate
}  // namespace assay::compute
