// Many tests wait for Redis or for time to pass, so four classes run at a time. Each class that needs Redis has its own.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
