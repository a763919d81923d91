namespace Proxy.Cluster.Engine.Etcd;

/// <summary>gRPC's status codes that mean something here.</summary>
internal enum GrpcCode
{
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    PermissionDenied = 7,
    OutOfRange = 11,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// <param name="WasSent">False when certainly nothing reached the server.</param>
internal sealed record GrpcStatus(GrpcCode Code, string Message, bool WasSent = true)
{
    public static readonly GrpcStatus Ok = new(GrpcCode.Ok, "");

    public override string ToString() => $"{Message} (gRPC status {(int)Code})";
}

/// <param name="Message">The first message of the reply; empty when the call failed.</param>
internal readonly record struct GrpcReply(GrpcStatus Status, byte[] Message);
