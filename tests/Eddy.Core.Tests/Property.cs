using FsCheck;
using FsCheck.Fluent;

namespace Eddy.Core.Tests;

/// <summary>Properties over whole scenes that are drawn from one seed: a failure names the seed, which replays it.</summary>
internal static class Property
{
    public static void Holds(int tests, Action<Random> property) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => property(new Random(seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithEndSize(1_000_000));

    public static void Holds<T>(int tests, Gen<T> values, Action<T> property) =>
        Prop.ForAll(values.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(tests));
}
