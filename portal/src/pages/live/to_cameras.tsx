// /live and /live/ID become /cameras and /cameras/ID.
import { Navigate, useParams } from "react-router";

export default function ToCameras() {
  const { "*": rest = "" } = useParams();
  return <Navigate to={rest === "" ? "/cameras" : `/cameras/${rest}`} replace />;
}
