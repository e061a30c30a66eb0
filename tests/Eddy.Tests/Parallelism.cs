// Most tests here wait for processes and timers, so more of them than there are processors may run at once.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
