using System.Text;

namespace RestMq.TestUtilities;

/// <summary>
/// Creates bodies that a store can hold although no host accepts them any more. Older hosts accepted JSON with half of a
/// surrogate pair.
/// </summary>
public static class StoredBody
{
    /// <summary>Creates a JSON body without the checks of <see cref="MessageBody.FromJson"/>.</summary>
    public static MessageBody UncheckedJson(string json) => MessageBody.Stored(BodyKind.Json, Encoding.UTF8.GetBytes(json), null);
}
