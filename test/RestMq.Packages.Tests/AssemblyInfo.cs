// The tests build programs. One build at a time is enough for a machine with two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
