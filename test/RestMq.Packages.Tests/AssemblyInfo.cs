// One build at a time is enough for a machine of two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
