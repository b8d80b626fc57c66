"""Proofs about every request: goals, subsumption, counterexamples and the SMT encoding."""
